"""A whole house on one machine, of real parts: broker, mail server, webhook
receiver, gateway, agents and their appliances. The demo and the tests use it.

Everything lives in one folder and listens on loopback ports that were free; every
process that is started here is ended here, by its id."""
import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def now_ms():
    return time.time() * 1000


class Broken(Exception):
    """Something that should have happened did not; the text says what and where to look."""


def wait_for(what, check, seconds=60, step=0.05):
    """Calls check until it is true; its value is returned."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(step)
    raise Broken(f"{what}: not within {seconds} s")


class Receiver:
    """A manufacturer's system: takes webhooks and checks their signature by itself
    (Standard Webhooks: HMAC-SHA256 over id.timestamp.body)."""

    def __init__(self):
        self.secret = secrets.token_bytes(32)
        self.events = []
        self.refused = 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = 204 if receiver.take(self.headers, body) else 401
                self.send_response(status)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/tocsin"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def secret_text(self):
        return "whsec_" + base64.b64encode(self.secret).decode()

    def take(self, headers, body):
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        want = "v1," + base64.b64encode(
            hmac.new(self.secret, signed, hashlib.sha256).digest()).decode()
        if want not in (headers["webhook-signature"] or "").split(" "):
            self.refused += 1
            return False
        self.events.append({"at_ms": now_ms(), "id": headers["webhook-id"],
                            "event": json.loads(body)})
        return True

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Feed:
    """Follows the gateway's event stream as a console would."""

    def __init__(self, url, token):
        self.events = []
        self.failed = None
        self.on_event = None
        request = urllib.request.Request(url + "/api/v1/feed",
                                         headers={"Authorization": "Bearer " + token})
        self.stream = urllib.request.urlopen(request, timeout=60)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        kind, data = "", ""
        try:
            for raw in self.stream:
                line = raw.decode().rstrip("\r\n")
                if line.startswith("event:"):
                    kind = line[6:].strip()
                elif line.startswith("data:"):
                    data += line[5:].strip()
                elif line == "" and data:
                    event = {"at_ms": now_ms(), "type": kind, "data": json.loads(data)}
                    self.events.append(event)
                    if self.on_event:
                        self.on_event(event)
                    kind, data = "", ""
        except (OSError, ValueError, AttributeError) as e:
            self.failed = str(e)


class House:
    def __init__(self, build, folder=None, log=lambda text: None, broker="mosquitto"):
        self.build = os.path.abspath(build)
        self.broker = broker
        self.folder = folder or tempfile.mkdtemp(prefix="tocsin-")
        os.makedirs(self.folder, exist_ok=True)
        self.log = log
        self.processes = {}
        self.receiver = None
        self.feed = None
        self.token = ""
        self.password = ""
        self.broker_port = self.web_port = self.ops_port = self.mail_port = 0
        self.epmd_port = 0
        self.devices = []

    # --- small things ---

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def tocsin(self, *args, check=True):
        env = dict(os.environ, TOCSIN_URL=self.url(), TOCSIN_TOKEN=self.token)
        done = subprocess.run([self.program("tocsin"), *args], env=env, text=True,
                              capture_output=True, timeout=60)
        if check and done.returncode != 0:
            raise Broken(f"tocsin {' '.join(args)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def url(self):
        return f"http://127.0.0.1:{self.web_port}"

    def api(self, path):
        request = urllib.request.Request(self.url() + "/api/v1" + path,
                                         headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def start(self, name, *command, **kwargs):
        log = open(self.path(name + ".log"), "ab")
        self.processes[name] = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            **kwargs)
        log.close()
        return self.processes[name]

    def kill(self, name, how=signal.SIGKILL):
        process = self.processes.pop(name)
        process.send_signal(how)
        process.wait(timeout=30)

    def check_alive(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                tail = open(self.path(name + ".log"), errors="replace").read()[-1500:]
                raise Broken(f"{name} ended with status {process.returncode}:\n{tail}")

    def listening(self, port):
        self.check_alive()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            return False

    # --- rooms ---

    def make_keys(self, devices):
        self.devices = list(devices)
        self.tocsin("ca", "bench", self.path("keys"),
                    *[word for d in devices for word in ("--device", d)])

    def write_broker(self):
        """Its configuration; RabbitMQ must be told each device's name."""
        names = self.devices if self.broker == "rabbitmq" else []
        self.tocsin("broker", self.broker, self.path("broker"), "--certs", self.path("keys"),
                    "--port", str(self.broker_port),
                    *[word for d in names for word in ("--device", d)])

    def start_broker(self):
        """Starts the broker, on the port it had before when it was killed."""
        self.broker_port = self.broker_port or free_port()
        self.write_broker()
        if self.broker == "rabbitmq":
            return self.run_rabbitmq()
        self.start("mosquitto", shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c",
                   self.path("broker", "mosquitto.conf"))
        wait_for("mosquitto", lambda: self.listening(self.broker_port))

    def run_rabbitmq(self):
        """A private node: its own folder, cookie, ports and port mapper, all on loopback."""
        node = self.path("broker", "node")
        os.makedirs(node, exist_ok=True)
        self.epmd_port = self.epmd_port or free_port()
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": node, "LC_ALL": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null", "RABBITMQ_NODENAME": "tocsin@localhost",
            "RABBITMQ_CONFIG_FILE": self.path("broker", "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": self.path("broker", "none.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.path("broker", "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": node, "RABBITMQ_LOG_BASE": node, "RABBITMQ_LOGS": "-",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the broker: one process to end
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
        }
        if "epmd" not in self.processes:
            self.start("epmd", shutil.which("epmd") or "/usr/bin/epmd", "-address", "127.0.0.1",
                       "-port", str(self.epmd_port))
            wait_for("epmd", lambda: self.listening(self.epmd_port))
        self.start("rabbitmq", "/usr/lib/rabbitmq/bin/rabbitmq-server", env=env, cwd=node)
        wait_for("rabbitmq", lambda: self.listening(self.broker_port), seconds=120, step=0.2)

    def kill_broker(self):
        self.kill(self.broker)

    def start_mail(self):
        self.mail_port = free_port()
        self.start("mail", "/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l",
                   f"127.0.0.1:{self.mail_port}", "--tlscert", self.path("keys", "broker.crt"),
                   "--tlskey", self.path("keys", "broker.key"), "-c",
                   "aiosmtpd.handlers.Mailbox", self.path("mail"))
        wait_for("mail server", lambda: self.listening(self.mail_port))

    def start_receiver(self):
        self.receiver = Receiver()

    def gateway_config(self):
        keys = self.path("keys")
        console = self.path("console")
        if not os.path.exists(console):
            os.symlink(os.path.join(ROOT, "gateway", "console"), console)
        return {
            "store": self.path("store.db"), "packs": os.path.join(self.build, "packs"),
            "brokers": f"localhost:{self.broker_port}", "ca_file": f"{keys}/roots.pem",
            "cert_file": f"{keys}/gateway.crt", "key_file": f"{keys}/gateway.key",
            "canary_cert_file": f"{keys}/canary.crt", "canary_key_file": f"{keys}/canary.key",
            "listen": f"127.0.0.1:{self.web_port}", "ops_listen": f"127.0.0.1:{self.ops_port}",
            "console": console, "smtp_host": "localhost", "smtp_port": str(self.mail_port),
            "smtp_tls": "starttls", "smtp_ca": f"{keys}/roots.pem",
            "mail_from": "alerts@tocsin.example", "mail_from_name": "Appliance care",
            "captive_to": "bench@tocsin.example", "webhook_private": "true",
        }

    def write_config(self, name, settings):
        path = self.path(name)
        with open(path, "w") as f:
            for key, value in settings.items():
                f.write(f"{key} = {value}\n")
        return path

    def start_gateway(self):
        first = not self.web_port
        self.web_port = self.web_port or free_port()
        self.ops_port = self.ops_port or free_port()
        config = self.write_config("gateway.conf", self.gateway_config())
        if first:
            self.password = secrets.token_urlsafe(9)
            self.admin(config, "user", "add", "agent", text=self.password + "\n")
            self.token = self.admin(config, "token", "add", "bench", "--scope", "write").split()[-1]
        self.start("gateway", self.program("tocsin-gateway"), "--config", config)
        wait_for("gateway", lambda: self.ready(), seconds=60)

    def admin(self, config, *words, text=""):
        done = subprocess.run([self.program("tocsin-gateway"), "--config", config, *words],
                              input=text, text=True, capture_output=True, timeout=60)
        if done.returncode != 0:
            raise Broken(f"tocsin-gateway {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def ready(self):
        self.check_alive()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ops_port}/readyz", timeout=5) as a:
                return a.status == 200
        except (OSError, urllib.error.HTTPError):
            return False

    def follow(self):
        self.feed = Feed(self.url(), self.token)
        return self.feed

    def agent_config(self, device, pack, model):
        keys = self.path("keys")
        return {
            "brokers": f"localhost:{self.broker_port}", "ca": f"{keys}/ca.crt",
            "ca2": f"{keys}/ca2.crt", "cert": f"{keys}/{device}.crt",
            "key": f"{keys}/{device}.key", "folder": self.path(device),
            "socket": self.path(device + ".sock"), "status_socket": self.path(device + ".status"),
            "pack": os.path.join(self.build, "packs", pack + ".pack"), "model": model,
        }

    def start_agent(self, device, pack, model):
        os.makedirs(self.path(device), exist_ok=True)
        config = self.write_config(device + ".conf", self.agent_config(device, pack, model))
        self.start(device + "-agent", self.program("tocsin-agent"), "--config", config)
        wait_for(device + "'s agent", lambda: self.check_alive() or
                 os.path.exists(self.path(device + ".sock")))

    def start_appliance(self, device, program, *args):
        self.start(device, self.program(program), "--socket", self.path(device + ".sock"),
                   "--control", self.path(device + ".ctl"), "--serial-number", device.upper(),
                   *args)
        wait_for(device, lambda: self.check_alive() or os.path.exists(self.path(device + ".ctl")))

    def control(self, device, *words):
        return json.loads(self.tocsin("fault", "--control", self.path(device + ".ctl"), *words))

    def status(self, device):
        """The agent's own line about itself."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.path(device + ".status"))
            text = b""
            while not text.endswith(b"\n"):
                more = s.recv(65536)
                if not more:
                    break
                text += more
        return json.loads(text)

    # --- what people got ---

    def mails(self):
        """Every mail in the box: when it was written, and the parsed message."""
        new = self.path("mail", "new")
        found = []
        for name in sorted(os.listdir(new)) if os.path.isdir(new) else []:
            path = os.path.join(new, name)
            with open(path, "rb") as f:
                message = email.message_from_binary_file(f, policy=email.policy.default)
            found.append({"at_ms": os.stat(path).st_mtime_ns / 1e6, "message": message,
                          "path": path})
        return found

    def close(self, keep=False):
        for name in reversed(list(self.processes)):
            process = self.processes[name]
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.receiver:
            self.receiver.close()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
