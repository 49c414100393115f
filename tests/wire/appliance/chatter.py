#!/usr/bin/env python3
"""A relay chatters a thousand times a second for ten seconds: it is collapsed and
counted to the last one, and neither the fridge beside it on the same agent nor the
washer of somebody else waits for it.

holds: BOUND-3

    chatter.py BUILD"""
import sqlite3
import subprocess
import sys
import time

from story import check, run, wait_for

RATE, SECONDS = 1000, 10


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of a protobuf message; groups are not used."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}.get(key & 7) or varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def told(s, device, fault):
    """Reports of this fault in the gateway's store, and the raises that they count."""
    reports = raises = 0
    store = sqlite3.connect(f"file:{s.path('store.db')}?mode=ro", uri=True)
    for (batch,) in store.execute("SELECT bytes FROM inputs WHERE device=? AND from_ms NOT NULL",
                                  (device,)):
        for number, value in fields(batch):
            f = dict(fields(value)) if number == 14 else {}
            if f.get(2) == fault and not f.get(5):
                reports += 1
                raises += f.get(7, 0)
    store.close()
    return reports, raises


def tell(s):
    s.open(["fridge-1", "washer-1"])
    for device, pack in (("fridge-1", "fridge"), ("washer-1", "washer")):
        s.start_agent(device, pack, "")
        s.start_appliance(device, pack)
        wait_for(device, lambda: any(d["id"] == device and d["model"]
                                     for d in s.api("/devices")["items"]))
    before = s.status("fridge-1")
    relay = subprocess.Popen([s.build + "/tests/wire_relay", s.path("fridge-1.sock"), str(RATE),
                              str(SECONDS)], stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(3)
        s.control("washer-1", "provoke", "heater_open")
        wait_for("the washer's fault is told while the relay chatters",
                 lambda: s.alerts("washer-1", "heater_failed"), seconds=20)
        s.control("fridge-1", "provoke", "sensor_broken")
        wait_for("and the fridge's own fault, on the same agent",
                 lambda: s.alerts("fridge-1", "sensor_failed"), seconds=20)
        check("both were told while the relay chattered", relay.poll() is None)
        raised = int(relay.communicate(timeout=90)[0])
    finally:
        if relay.poll() is None:
            relay.kill()
    check("firmware got its answers", relay.returncode == 0)
    check(f"it was raised {raised} times", raised > RATE * SECONDS * 0.8)

    counted = wait_for("every raise is counted once",
                       lambda: (lambda t: t if t[1] == raised else None)(told(s, "fridge-1", 23)),
                       seconds=60, step=0.5)
    check(f"in {counted[0]} reports", counted[0] <= 4 + SECONDS + 2)
    after, ledger = s.status("fridge-1"), s.api("/devices/fridge-1")["ledger"]
    sealed = after["sealed"] - before["sealed"]
    check(f"nothing lost, {sealed} batches", after["dropped"] == 0 and ledger["missing"] == 0 and
          ledger["source_lost"] == 0 and sealed < 200)
    alerts = s.alerts("fridge-1", "fan_blocked")
    check(f"{len(alerts)} alerts of it, one at a time", 1 <= len(alerts) <= 8)


run(tell, sys.argv[1])
