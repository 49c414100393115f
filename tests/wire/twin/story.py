"""A device's settings, end to end: from `tocsin devices set` through gateway, broker and
agent, and back as the version that the device has. And who it is: what firmware said
holds, whichever part starts again.

  story.py BUILD"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../scripts/lib"))
from house import Broken, House, wait_for  # noqa: E402

DEVICE = "fridge-1"


def settings(house):
    return house.api("/devices/" + DEVICE)["settings"]


def in_force(house, version):
    s = settings(house)
    return s["desired_version"] == s["reported_version"] == version


def readings(house, metric):
    now = house.api("/devices/" + DEVICE)
    at = next((m["at_ms"] for m in now["latest"] if m["name"] == metric), None)
    return at


def who(house):
    d = house.api("/devices/" + DEVICE)
    return (d["serial"], bool(d["firmware"]), len(d["components"]) > 0)


KNOWN = (DEVICE.upper(), True, True)


def refused(house, *words):
    env = dict(os.environ, TOCSIN_URL=house.url(), TOCSIN_TOKEN=house.token)
    done = subprocess.run([house.program("tocsin"), "devices", "set", DEVICE, *words], env=env,
                          text=True, capture_output=True, timeout=60)
    if done.returncode == 0:
        raise Broken(f"set {words} was taken")
    return done.stderr


def story(house):
    house.make_keys([DEVICE])
    house.start_broker()
    house.start_mail()
    house.start_gateway()
    house.start_agent(DEVICE, "fridge", "CK-300")
    house.start_appliance(DEVICE, "fridge")
    wait_for("what firmware says of itself",
             lambda: house.api("/devices")["items"] and who(house) == KNOWN)

    # a device that is here
    house.tocsin("devices", "set", DEVICE, "--report", "cabinet_temp=30s", "--mute", "energy")
    wait_for("the settings on the device", lambda: in_force(house, 1))
    assert settings(house)["report_ms"] == {"cabinet_temp": 30000}, settings(house)
    muted_at = readings(house, "energy")
    said = house.tocsin("devices", "show", DEVICE)
    assert "at most every 30 s" in said and "muted" in said, said

    # what no pack knows, or is out of bounds, says so
    assert "cabinet_tmp" in refused(house, "--report", "cabinet_tmp=30s")
    assert "1000 (1 s)" in refused(house, "--report", "cabinet_temp=10ms")
    assert "no span" in refused(house, "--report", "cabinet_temp=often")
    assert in_force(house, 1)

    # one that is away hears them when it comes back; its firmware's word holds meanwhile
    house.kill(DEVICE + "-agent")
    house.tocsin("devices", "set", DEVICE, "--mute", "power", "--log-level", "debug")
    assert settings(house)["desired_version"] == 2 and settings(house)["reported_version"] == 1
    house.start_agent(DEVICE, "fridge", "CK-300")
    wait_for("the settings after the agent's start", lambda: in_force(house, 2))
    assert who(house) == KNOWN, who(house)

    # and they outlive the gateway, which asks for nothing twice
    house.kill("gateway")
    house.start_gateway()
    wait_for("the gateway's memory", lambda: in_force(house, 2))
    assert settings(house)["mute"] == ["power"], settings(house)
    house.kill(DEVICE)
    house.start_appliance(DEVICE, "fridge")
    wait_for("energy, which is reported again", lambda: readings(house, "energy") != muted_at)
    assert who(house) == KNOWN, who(house)


house = House(os.path.abspath(sys.argv[1]))
ok = False
try:
    story(house)
    ok = True
finally:
    house.close(keep=not ok)
    if not ok:
        print("kept:", house.folder, file=sys.stderr)
print("ok")
