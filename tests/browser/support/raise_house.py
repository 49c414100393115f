"""Raises a real house for the browser tests: broker, mail server, webhook receiver,
gateway, one agent with its fridge and another with its washer. Says on standard
output where it is (one line of JSON), then obeys lines on standard input:

  provoke DEVICE NAME    the appliance goes wrong
  clear DEVICE NAME      and is mended

each answered by a line of JSON. The end of standard input ends everything."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../scripts/lib"))
from house import House, wait_for  # noqa: E402

BENCH = [("fridge-1", "fridge", "CK-300"), ("washer-1", "washer", "WM-700")]


def known(house, device):
    house.check_alive()
    return any(d["id"] == device and d["model"] for d in house.api("/devices")["items"])


def build(house):
    house.make_keys([device for device, _, _ in BENCH])
    house.start_broker()
    house.start_mail()
    house.start_receiver()
    house.start_gateway()
    for who in ("manufacturer", "support"):
        house.tocsin("webhooks", "put", who, "--target", house.receiver.url, "--secret",
                     house.receiver.secret_text(), "--audience", who)
    for device, appliance, model in BENCH:
        house.start_agent(device, appliance, model)
        house.start_appliance(device, appliance)
    for device, _, _ in BENCH:
        wait_for(f"{device}'s first word", lambda d=device: known(house, d))
    house.tocsin("customers", "put", "anna", "--name", "Anna Weber", "--language", "de",
                 "--timezone", "Europe/Berlin", "--email", "anna@home.example")
    house.tocsin("customers", "own", "anna", "fridge-1", "--name", "Kitchen fridge")


def obey(house):
    for line in sys.stdin:
        verb, device, name = line.split()
        print(json.dumps(house.control(device, verb, name)), flush=True)


def main():
    house = House(sys.argv[1])
    status = 1
    try:
        build(house)
        print(json.dumps({"url": house.url() + "/", "user": "agent", "password": house.password}), flush=True)
        obey(house)
        status = 0
    finally:
        house.close(keep=status != 0)
    return status


sys.exit(main())
