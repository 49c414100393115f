"""scripts/demo: three appliances on a bench; one goes wrong; everybody is told.

  demo.py BUILD           stays until Ctrl-C and shows alerts as they come
  demo.py BUILD --once    one fault an appliance, waits for each audience, ends with JSON
  --keep                  leaves the folder with logs, mail and store behind"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from house import Broken, House, now_ms, wait_for

BENCH = [
    # device, appliance, model, fault to provoke, its rule, customer
    ("fridge-1", "fridge", "CK-300", "defrost_heater_open", "heater_open",
     ("anna", "Anna Weber", "de", "Europe/Berlin", "Kühlschrank Küche")),
    ("washer-1", "washer", "WM-800", "heater_open", "heater_failed",
     ("ben", "Ben Miller", "en", "Europe/London", "Washer, ground floor")),
    ("heatpump-1", "heatpump", "HP-9", "sensor_broken", "outdoor_sensor",
     ("carla", "Carla Schmidt", "de", "Europe/Berlin", "Wärmepumpe")),
]


def raise_house(house, say):
    say("keys", "two roots, broker, gateway, canary and a certificate for each device")
    house.make_keys([b[0] for b in BENCH])
    house.start_broker()
    say("mosquitto", f"TLS on 127.0.0.1:{house.broker_port}, certificates are identities")
    house.start_mail()
    say("mail server", f"SMTP with STARTTLS on 127.0.0.1:{house.mail_port}, mailbox {house.path('mail')}")
    house.start_receiver()
    say("manufacturer", f"a webhook receiver that checks signatures at {house.receiver.url}")
    house.start_gateway()
    say("gateway", f"ready at {house.url()}")
    for who in ("manufacturer", "support"):
        house.tocsin("webhooks", "put", who, "--target", house.receiver.url, "--secret",
                     house.receiver.secret_text(), "--audience", who)
    house.follow()
    for device, appliance, model, _, _, customer in BENCH:
        house.start_agent(device, appliance, model)
        house.start_appliance(device, appliance)
    for device, _, _, _, _, (key, name, language, zone, called) in BENCH:
        wait_for(f"{device}'s first word to the gateway", lambda d=device: known(house, d))
        house.tocsin("customers", "put", key, "--name", name, "--language", language,
                     "--timezone", zone, "--email", f"{key}@home.example")
        house.tocsin("customers", "own", key, device, "--name", called)
    say("appliances", "a fridge, a washer and a heat pump report through their agents")


def known(house, device):
    house.check_alive()
    return any(d["id"] == device and d["model"] for d in house.api("/devices")["items"])


def opened_on_feed(house, device, rule):
    for event in list(house.feed.events):
        alert = event["data"].get("alert") or {}
        if (event["type"], alert.get("device"), alert.get("rule")) == ("alert.opened", device, rule):
            return event
    return None


def told(house, alert):
    """What the outbox says of one alert: by audience, when it was accepted."""
    rows = house.api(f"/alerts/{alert}")["told"]
    return {(r["audience"], r["channel"]): r for r in rows if r["kind"] == "alert.opened"}


def mail_of(house, customer, since_ms):
    for mail in house.mails():
        if mail["at_ms"] >= since_ms and f"{customer}@home.example" in str(mail["message"]):
            return mail
    return None


def hook_of(house, alert):
    for event in list(house.receiver.events):
        if f'"{"alert"}"' and str(alert) in json.dumps(event["event"].get("data", {}).get("alert", {})):
            if event["event"].get("type", "").endswith("alert.opened") and who_of(event) == "manufacturer":
                return event
    return None


def who_of(event):
    return event["event"].get("audience") or event["event"].get("data", {}).get("audience", "manufacturer")


def one_fault(house, device, provocation, rule, customer):
    begin_ms = now_ms()
    reply = house.control(device, "provoke", provocation)
    if not reply.get("raised"):
        raise Broken(f"{device}: firmware raised no fault for {provocation}: {reply}")
    called_ms = reply["raised"]["realtime_us"] / 1000
    event = wait_for(f"{device}: {rule} on the feed", lambda: opened_on_feed(house, device, rule), 30)
    alert = event["data"]["alert"]["id"]
    mail = wait_for(f"{device}: the customer's email", lambda: mail_of(house, customer, begin_ms - 1), 30)
    hook = wait_for(f"{device}: the manufacturer's webhook", lambda: hook_of(house, alert), 30)
    rows = wait_for(f"{device}: all told", lambda: all_accepted(told(house, alert)), 30)
    return {
        "device": device, "fault": provocation, "rule": rule, "alert": alert,
        "feed_ms": round(event["at_ms"] - called_ms, 1),
        "email_ms": round(mail["at_ms"] - called_ms, 1),
        "webhook_ms": round(hook["at_ms"] - called_ms, 1),
        "email_subject": str(mail["message"]["Subject"]),
        "audiences": sorted({audience for audience, _ in rows}),
    }


def all_accepted(rows):
    fine = {"customer", "support", "manufacturer"} <= {audience for audience, _ in rows}
    return rows if fine and all(r["state"] == "accepted" for r in rows.values()) else None


def count_losses(house):
    """Asks ledgers and agents: once a batch of readings of each device is stored and
    its agent owes nothing, nothing may be missing on the way."""
    lost = 0
    for device, *_ in BENCH:
        def settled(d=device):
            ledger = house.api(f"/devices/{d}")["ledger"]
            quiet = ledger["readings"] > 0 and house.status(d)["owed_batches"] == 0
            return quiet and ledger["missing"] == 0
        try:
            wait_for(f"{device}'s readings in the store, and nothing owed", settled, 60, 0.5)
        except Broken:
            lost += max(1, house.api(f"/devices/{device}")["ledger"]["missing"])
        lost += house.api(f"/devices/{device}")["ledger"]["source_lost"]
        lost += house.status(device)["damaged_frames"]
    return lost


def count_doubles(house):
    mail_ids = [str(m["message"]["Message-ID"]) for m in house.mails()]
    hook_ids = [e["id"] for e in house.receiver.events]
    opened = [(e["data"]["alert"]["device"], e["data"]["alert"]["rule"])
              for e in house.feed.events if e["type"] == "alert.opened"]
    return sum(len(x) - len(set(x)) for x in (mail_ids, hook_ids, opened))


def once(house):
    faults, untold, why = [], 0, []
    for device, _, _, provocation, rule, customer in BENCH:
        try:
            faults.append(one_fault(house, device, provocation, rule, customer[0]))
            f = faults[-1]
            print(f"  {device:<11} {provocation:<20} feed {f['feed_ms']:>7.1f} ms   "
                  f"email {f['email_ms']:>7.1f} ms   webhook {f['webhook_ms']:>7.1f} ms", flush=True)
        except Broken as e:
            untold += 1
            why.append(str(e))
    lost, doubled = count_losses(house), count_doubles(house)
    bad_signatures = house.receiver.refused
    ok = not (untold or lost or doubled or bad_signatures)
    if lost:
        why.append(f"{lost} messages or batches are missing")
    if doubled:
        why.append(f"{doubled} messages or alerts came twice")
    result = {"ok": ok, "faults": faults, "lost": lost, "doubled": doubled, "untold": untold,
              "bad_signatures": bad_signatures}
    if why:
        result["why"] = why
    return result


INTRO = """
  console    {url}    user agent, password {password}
  mailbox    {mail}
  try        {tocsin} fault --control {ctl} provoke seal_wear 5
             {tocsin} fault --control {ctl} provoke sensor_broken
             {tocsin} fault --control {ctl} clear sensor_broken
             export TOCSIN_URL={url} TOCSIN_TOKEN={token}
             {tocsin} alerts list --follow
             {tocsin} alerts test washer-1
  other appliances answer at {folder}/washer-1.ctl and {folder}/heatpump-1.ctl;
  each program's --help lists what can go wrong with it

  Ctrl-C ends everything. Alerts as they come:
"""


def show_event(event):
    alert = event["data"].get("alert") or {}
    clock = time.strftime("%H:%M:%S", time.localtime(event["at_ms"] / 1000))
    if alert:
        print(f"  {clock}  {event['type']:<20} {alert.get('severity', ''):<9} "
              f"{alert['device']:<12} {alert['rule']}", flush=True)
    else:
        print(f"  {clock}  {event['type']:<20} {'':<9} {event['data'].get('device', '')}", flush=True)


def stay(house):
    print(INTRO.format(url=house.url(), password=house.password, mail=house.path("mail"),
                       tocsin=os.path.relpath(house.program("tocsin")), token=house.token,
                       ctl=house.path("fridge-1.ctl"), folder=house.folder), flush=True)
    house.feed.on_event = show_event
    if shutil.which("xdg-open") and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        subprocess.Popen(["xdg-open", house.url()], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        time.sleep(5)
        house.control("fridge-1", "provoke", "defrost_heater_open")
        while True:
            time.sleep(1)
            house.check_alive()
    except KeyboardInterrupt:
        print("\nending ...", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    house = House(options.build)
    status, result = 0, None

    def say(what, text):
        print(f"  {what:<13} {text}", flush=True)

    try:
        raise_house(house, say)
        if options.once:
            result = once(house)
            status = 0 if result["ok"] else 1
        else:
            stay(house)
    except Broken as e:
        status, result = 1, {"ok": False, "why": [str(e)]}
    except KeyboardInterrupt:
        status = 130
    keep = options.keep or (status == 1)
    house.close(keep=keep)
    if keep:
        print(f"  logs, mail and store are in {house.folder}", flush=True)
    if result is not None:
        for why in result.get("why", []):
            print(f"demo: {why}", file=sys.stderr, flush=True)
        print(json.dumps(result), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
