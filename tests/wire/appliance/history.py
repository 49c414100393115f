#!/usr/bin/env python3
"""A fridge that lived fifteen days unheard tells them: its readings are stamped with
the time at which they were taken, and what takes days to see is found in them.

holds: QUIET-3

    history.py BUILD"""
import sys

from story import check, now_ms, run, wait_for

DAY_MS = 86_400_000
DAYS = 16


def tell(s):
    s.open(["fridge-1"])
    s.start_agent("fridge-1", "fridge", "")
    wait_for("the agent's own readings", lambda: any(
        d["id"] == "fridge-1" for d in s.api("/devices")["items"]))
    s.start_appliance("fridge-1", "fridge", "--start-ago", f"{DAYS}d", "--speed", "50000",
                      "--report", "60s", "--provoke", "seal_wear:1")
    begun = now_ms()
    wait_for("the fridge catches up", lambda: s.control("fridge-1", "status")["behind_ms"] < 2000,
             seconds=300, step=1)
    print(f"  caught up after {(now_ms() - begun) / 1000:.0f} s")
    wait_for("everything is acknowledged",
             lambda: s.status("fridge-1")["owed_batches"] == 0, seconds=120, step=0.5)

    said = s.control("fridge-1", "status")
    status, ledger = s.status("fridge-1"), s.api("/devices/fridge-1")["ledger"]
    print(f"  {said['said']} messages, {status['sealed']} batches, {ledger}")
    check("nothing was lost", ledger["source_lost"] == 0 and ledger["missing"] == 0 and
          status["dropped"] == 0 and said["dropped"] == 0)

    for metric in (1, 2):
        series = s.api(f"/devices/fridge-1/series?metric={metric}"
                       f"&from_ms={int(begun - 20 * DAY_MS)}&to_ms={int(now_ms())}&points=400")
        points = series["points"]
        spread = (points[-1][0] - points[0][0]) / DAY_MS
        days = {int((p[0] - points[0][0]) / DAY_MS) for p in points}
        check(f"the chart of {series['name']} shows {DAYS} days: {spread:.2f}, {len(days)} of them",
              DAYS - 0.1 < spread < DAYS + 0.1 and len(days) >= DAYS)
    check("no reading is of the future", points[-1][0] <= now_ms() + 1000)

    found = wait_for("seal_wearing is found", lambda: s.alerts("fridge-1", "seal_wearing"),
                     seconds=120, step=0.5)
    alert = found[0]
    ago = (begun - alert["opened_ms"]) / DAY_MS
    check(f"at its own time, {ago:.1f} days ago", len(found) == 1 and 0.5 < ago < DAYS)
    others = {a["rule"] for a in s.api("/alerts?device=fridge-1&limit=200")["items"]}
    print(f"  alerts: {sorted(others)}")


run(tell, sys.argv[1], agent={"probe_interval": "5s"})
