"""What the stories of this folder share: a house with one gateway, and its end."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../scripts/lib"))
from house import Broken, House, free_port, now_ms, wait_for  # noqa: E402,F401


class Story(House):
    """agent=...: settings of every agent that differ from the house's."""

    def __init__(self, build, agent=None):
        super().__init__(build)
        self.agent = {"bulk_age": "500ms", **(agent or {})}

    def agent_config(self, device, pack, model):
        return {**super().agent_config(device, pack, model), **self.agent}

    def open(self, devices):
        self.make_keys(devices)
        self.start_broker()
        self.mail_port = free_port()  # nobody listens: mail is not what is told here
        self.start_gateway()

    def alerts(self, device, rule):
        return [a for a in self.api(f"/alerts?limit=500&device={device}")["items"]
                if a["rule"] == rule]


def run(tell, build, **kwargs):
    """Runs tell(story); a failure shows the logs and is the exit status."""
    story = Story(build, **kwargs)
    try:
        tell(story)
    except Exception as e:
        for name in sorted(os.listdir(story.folder)):
            if name.endswith(".log"):
                with open(story.path(name), errors="replace") as f:
                    print(f"--- {name}\n{f.read()[-3000:]}")
        print(f"FAILED: {e!r}")
        sys.exit(1)
    finally:
        story.close(keep="TOCSIN_KEEP" in os.environ)
    print("ok")


def check(what, truth):
    if not truth:
        raise Broken(what)
    print(f"  {what}")
