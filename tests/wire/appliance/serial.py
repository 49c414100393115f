#!/usr/bin/env python3
"""A fridge on a serial line: heard through noise, found again when it restarts, asked
again when the agent does, and no alarm while it is switched off on purpose.

    serial.py BUILD"""
import os
import signal
import sys
import threading
import tty

from story import check, run, wait_for


class Cable:
    """Two ends of a serial line, and a hand that can shake it."""

    def __init__(self):
        self.ends = [os.openpty() for _ in range(2)]
        self.noise = b""
        for _, line in self.ends:
            tty.setraw(line)
        self.names = [os.ttyname(line) for _, line in self.ends]
        for a, b in ((0, 1), (1, 0)):
            threading.Thread(target=self.carry, args=(self.ends[a][0], self.ends[b][0]),
                             daemon=True).start()

    def carry(self, source, sink):
        while True:
            try:
                data = os.read(source, 4096)
                noise, self.noise = self.noise, b""
                data = noise + data
                while data:
                    data = data[os.write(sink, data):]
            except OSError:
                return


def readings(s):
    return s.api("/devices/fridge-1")["ledger"]["readings"]


def tell(s):
    cable = Cable()
    s.agent["serial"] = cable.names[0]
    s.agent["socket"] = ""
    s.open(["fridge-1"])
    os.makedirs(s.path("fridge-1"), exist_ok=True)
    config = s.write_config("fridge-1.conf", s.agent_config("fridge-1", "fridge", ""))

    def agent():
        s.start("agent", s.program("tocsin-agent"), "--config", config)
        wait_for("the agent", lambda: s.check_alive() or os.path.exists(s.path("fridge-1.status")))

    def fridge():
        s.start("fridge", s.program("fridge"), "--serial", cable.names[1], "--control",
                s.path("fridge-1.ctl"), "--report", "1s", "--serial-number", "SN-9")
        wait_for("the fridge", lambda: s.check_alive() or os.path.exists(s.path("fridge-1.ctl")))

    agent()
    fridge()
    device = wait_for("the fridge says who it is", lambda: next(
        (d for d in s.api("/devices")["items"] if d["serial"] == "SN-9"), None))
    check("its model is known", device["model"] == "CK-300")

    for _ in range(5):
        cable.noise += os.urandom(300)
        was = readings(s)
        wait_for("readings go on after noise", lambda: readings(s) > was + 10, seconds=60)
    status = s.status("fridge-1")
    check(f"the line was shaken: {status['damaged_frames']} frames", status["damaged_frames"] > 0)

    s.control("fridge-1", "provoke", "sensor_broken")
    wait_for("a fault is told", lambda: s.alerts("fridge-1", "sensor_failed"))
    wait_for("and firmware answered", lambda: s.control("fridge-1", "status")["faults_held"] == 0)

    s.kill("agent")
    agent()
    was = readings(s)
    wait_for("a new agent asks who is there", lambda: readings(s) > was + 10)
    check("one alert, though the fault was said again",
          len(s.alerts("fridge-1", "sensor_failed")) == 1)

    s.kill("fridge", signal.SIGTERM)
    os.path.exists(s.path("fridge-1.ctl")) and os.unlink(s.path("fridge-1.ctl"))
    fridge()  # its sensor works
    wait_for("after the fridge's restart the fault is over",
             lambda: s.alerts("fridge-1", "sensor_failed")[0]["state"] == "resolved", seconds=60)
    check("and it was not absent", not s.alerts("fridge-1", "device_offline"))


run(tell, sys.argv[1])
