#!/usr/bin/python3
"""The people stage and the sender against real servers: aiosmtpd (plain, STARTTLS,
SMTPS), a mail server that misbehaves on demand, and webhook receivers that check
the signature on their own. Usage: story.py DRIVER"""
import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from aiosmtpd.controller import Controller

DRIVER = None
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
NOW = int(time.time() * 1000)


def wait_for(what, check, seconds=30):
    """`what` may be a function: it is asked when the waiting was in vain."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = check()
        if got:
            return got
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what() if callable(what) else what}")


class Mailbox:
    """aiosmtpd's handler: keeps what it accepts; `answers` are said to RCPT first."""

    def __init__(self):
        self.mails, self.answers, self.rcpt = [], [], 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.rcpt += 1
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), message, session.ssl is not None))
        return "250 kept"


class MailServer:
    def __init__(self, handler=None, **kwargs):
        self.box = handler or Mailbox()
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.controller = Controller(self.box, hostname="127.0.0.1", port=self.port, **kwargs)
        self.controller.start()

    def stop(self):
        self.controller.stop()


class RawMailServer:
    """Speaks SMTP by hand: `script(connection_number, file, socket)` decides the end."""

    def __init__(self, after_data):
        self.after_data, self.bodies = after_data, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(conn,), daemon=True).start()

    def talk(self, conn):
        f = conn.makefile("rwb")
        say = lambda text: (f.write(text + b"\r\n"), f.flush())
        try:
            say(b"220 hand")
            for line in f:
                word = line[:4].upper()
                if word == b"DATA":
                    say(b"354 go")
                    body = b""
                    for text in f:
                        if text == b".\r\n":
                            break
                        body += text
                    self.bodies.append(body)
                    if not self.after_data(len(self.bodies), conn):
                        conn.shutdown(socket.SHUT_RDWR)
                        return
                    say(b"250 kept")
                elif word == b"QUIT":
                    say(b"221 bye")
                    return
                else:
                    say(b"250 OK")
        except OSError:
            pass
        finally:
            conn.close()

    def stop(self):
        self.listener.close()


class Receiver:
    """A webhook receiver. `answers` are (status, headers, body) said first; then 204."""

    def __init__(self, answers=()):
        self.got, self.answers = [], list(answers)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, dict(self.headers.items()), body))
                status, headers, answer = outer.answers.pop(0) if outer.answers else (204, {}, b"")
                if callable(answer):
                    answer(self)
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except OSError:
                    pass

            do_GET = do_POST

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def signature_holds(headers, body, secret=SECRET):
    headers = {k.lower(): v for k, v in headers.items()}
    text = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    mac = hmac.new(base64.b64decode(secret[6:]), text, hashlib.sha256).digest()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()


def alert_body(number, move, **more):
    alert = {"id": number, "device": "CK-1", "instance": 0, "rule": "cabinet_warm", "pack": "fridge",
             "message": "cabinet_warm", "severity": "critical", "state": "open", "since_ms": NOW - 1200000,
             "opened_ms": NOW, "test": False, "late": False,
             "tell": ["customer", "support", "manufacturer"],
             "evidence": [{"text": "min(cabinet_temp, 10m) > 8 celsius", "value": 9.14, "limit": 8,
                           "metric": 1, "fault": 0, "window_ms": 600000}]}
    alert.update(more)
    return json.dumps({"no": number, "at_ms": NOW, "type": move, "device": "CK-1", "alert": alert})


class Story(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tocsin-notify-")
        self.path = os.path.join(self.folder, "store.db")
        self.driver, self.ends = None, []
        self.start()  # makes the store
        self.stop()
        self.db = sqlite3.connect(self.path, timeout=10, isolation_level=None)

    def tearDown(self):
        self.stop()
        self.db.close()
        for end in self.ends:
            end()
        shutil.rmtree(self.folder)

    def start(self, **settings):
        words = [f"{k}={v}" for k, v in settings.items()]
        self.log = open(os.path.join(self.folder, "log"), "a+")
        self.driver = subprocess.Popen([DRIVER, self.path, *words], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.assertEqual(self.driver.stdout.readline(), "ready\n")

    def say(self, line):
        self.driver.stdin.write(line + "\n")
        self.driver.stdin.flush()

    def stop(self):
        if not self.driver:
            return
        driver, self.driver = self.driver, None
        if driver.poll() is None:
            driver.stdin.close()
            status = driver.wait(30)
            self.log.seek(0)
            self.assertEqual(status, 0, self.log.read())
        driver.stdout.close()
        self.log.close()

    def kill(self):
        self.driver.kill()
        self.driver.wait()
        self.driver.stdin.close()
        self.driver.stdout.close()
        self.log.close()
        self.driver = None

    def serve(self, server):
        self.ends.append(server.stop)
        return server

    def put(self, sql, *values):
        return self.db.execute(sql, values).lastrowid

    def put_mail(self, key, to="anna@example.com", kind="alert.opened", created=None, alert=None,
                 customer=None, state="ready", subject="Zu warm"):
        entity = (f"Message-ID: <{key.replace('/', '-')}@example.org>\r\nMIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n\r\n.dot first\r\nbody\r\n").encode()
        return self.put("INSERT INTO outbox (key,tenant,created_ms,audience,channel,recipient,device,handoff,kind,"
                        "subject,body,next_ms,alert,customer,state) VALUES (?,1,?,1,'email',?,'CK-1',1,?,?,?,0,?,?,?)",
                        key, created or NOW, to, kind, subject, entity, alert, customer, state)

    def put_hook(self, key, hook, body=b'{"specversion":"1.0"}'):
        return self.put("INSERT INTO outbox (key,tenant,created_ms,audience,channel,recipient,device,handoff,kind,"
                        "subject,body,next_ms) VALUES (?,1,?,2,'webhook',?,'CK-1',1,'alert.opened',?,?,0)",
                        key, NOW, hook, key, body)

    def put_receiver(self, name, url, audience=2, secret=SECRET):
        self.put("INSERT INTO webhooks (id,url,secret,audience) VALUES (?,?,?,?)", name, url, secret, audience)

    def row(self, number):
        return self.db.execute("SELECT state, attempts, last_error FROM outbox WHERE id = ?", (number,)).fetchone()

    def wait_state(self, number, state):
        wait_for(lambda: f"row {number} to be {state}, it is {self.row(number)}",
                 lambda: self.row(number)[0] == state)
        return self.row(number)


class Mail(Story):
    def test_captive_by_default(self):
        """holds: TELL-2

        Every mail goes to one mailbox, marked with whom it was meant for."""
        server = self.serve(MailServer())
        number = self.put_mail("a/1", subject="Kühlschrank zu warm, wirklich sehr viel zu warm für Milch, Fleisch und Fisch")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port)
        self.assertEqual(self.wait_state(number, "accepted")[1], 1)
        sender, to, mail, _ = server.box.mails[0]
        self.assertEqual((sender, to), ("alerts@example.org", ["captive@example.org"]))
        self.assertEqual(mail["X-Tocsin-Meant-For"], "anna@example.com")
        self.assertEqual(mail["To"], "captive@example.org")
        self.assertEqual(mail["Subject"], "[for anna@example.com] Kühlschrank zu warm, wirklich sehr viel zu warm "
                                          "für Milch, Fleisch und Fisch")
        self.assertEqual(mail["From"].addresses[0].display_name, "Tocsin Geräte")
        self.assertEqual(mail["From"].addresses[0].addr_spec, "alerts@example.org")
        self.assertIsNotNone(mail["Date"].datetime)
        self.assertEqual(mail.defects, [])
        self.assertEqual(mail.get_content().splitlines(), [".dot first", "body"])

    def test_live_is_deliberate(self):
        server = self.serve(MailServer())
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port, live="true")
        self.wait_state(number, "accepted")
        _, to, mail, _ = server.box.mails[0]
        self.assertEqual(to, ["anna@example.com"])
        self.assertNotIn("X-Tocsin-Meant-For", mail)
        self.assertEqual(mail["Subject"], "Zu warm")

    def test_greylisting_is_patience(self):
        server = self.serve(MailServer())
        server.box.answers = ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port)
        self.assertEqual(self.wait_state(number, "accepted")[1], 3)
        attempts = self.db.execute("SELECT n, code, detail, ended_ms FROM attempts ORDER BY n").fetchall()
        self.assertEqual([a[0] for a in attempts], [1, 2, 3])
        self.assertEqual([a[1] for a in attempts], [451, 451, 250])
        self.assertEqual(attempts[0][2], "451 4.7.1 greylisted")
        self.assertEqual(len(server.box.mails), 1)

    def test_refused_for_good_then_replayed(self):
        """holds: TELL-4"""
        server = self.serve(MailServer())
        server.box.answers = ["550 5.1.1 no such user"]
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port)
        self.assertEqual(self.wait_state(number, "dead"), ("dead", 1, "550 5.1.1 no such user"))
        self.say(f"replay {number}")
        self.assertEqual(self.driver.stdout.readline(), "replay 0 \n")
        self.assertEqual(self.wait_state(number, "accepted")[1], 2)
        self.say(f"replay {number}")
        self.assertIn("-11", self.driver.stdout.readline())
        self.say("replay 999")
        self.assertIn("-4", self.driver.stdout.readline())

    def test_hangup_goes_again_with_the_same_id(self):
        """It hung up after the text, before saying whether it kept it."""
        server = self.serve(RawMailServer(lambda n, conn: n > 1))
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port)
        self.assertEqual(self.wait_state(number, "accepted")[1], 2)
        ids = [email.message_from_bytes(b)["Message-ID"] for b in server.bodies]
        self.assertEqual(ids, ["<a-1@example.org>"] * 2)

    def test_kill_in_the_attempt_window(self):
        """holds: TWICE-4, TELL-3

        The attempt is in the store before it is made; after a crash the mail goes again,
        with the same Message-ID."""
        hold = threading.Event()
        server = self.serve(RawMailServer(lambda n, conn: hold.wait(60) or True))
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port, timeout="60s")
        wait_for("the text to be there", lambda: server.bodies)
        self.assertEqual(self.row(number)[:2], ("trying", 1))
        self.assertEqual(self.db.execute("SELECT n, ended_ms FROM attempts").fetchall(), [(1, None)])
        self.kill()
        hold.set()
        self.start(smtp_host="127.0.0.1", smtp_port=server.port)
        self.assertEqual(self.wait_state(number, "accepted")[1], 2)
        ids = [email.message_from_bytes(b)["Message-ID"] for b in server.bodies]
        self.assertEqual(ids, ["<a-1@example.org>"] * 2)
        attempts = self.db.execute("SELECT n, ended_ms IS NULL, detail FROM attempts ORDER BY n").fetchall()
        self.assertEqual(attempts[0], (1, 0, "the gateway ended during this attempt"))
        self.assertEqual(len(attempts), 2)

    def test_server_comes_late(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=port)
        wait_for("two attempts", lambda: self.row(number)[1] >= 2)
        box = Mailbox()
        controller = Controller(box, hostname="127.0.0.1", port=port)
        controller.start()
        self.ends.append(controller.stop)
        self.wait_state(number, "accepted")
        self.assertEqual(len(box.mails), 1)

    def test_gives_up_and_says_why(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        number = self.put_mail("a/1", created=NOW - 3600000)
        self.start(smtp_host="127.0.0.1", smtp_port=port, give_up="1m")
        self.assertIn("connect", self.wait_state(number, "dead")[2].lower())

    def test_what_is_over_is_not_sent(self):
        """Before sending: is the alert still true?"""
        server = self.serve(MailServer())
        self.put("INSERT INTO alerts (id,device,instance,rule,pack,message,severity,tell,state,since_ms,opened_ms,"
                 "opened_arrival_ms) VALUES (7,'CK-1',0,'r','p','m',2,7,'resolved',1,1,1)")
        opened = self.put_mail("alert/7/opened/customer/email/C1", alert=7, customer="C1", created=NOW - 120000)
        resolved = self.put_mail("alert/7/resolved/customer/email/C1", alert=7, customer="C1",
                                 kind="alert.resolved")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port)
        self.assertEqual(self.wait_state(opened, "dropped")[1], 0)
        self.assertEqual(self.wait_state(resolved, "dropped")[1], 0)
        self.assertEqual(server.box.rcpt, 0)

    def test_a_follow_up_waits_for_its_opening(self):
        server = self.serve(MailServer())
        server.box.answers = ["451 later"]
        opened = self.put_mail("alert/7/opened/customer/email/C1", alert=7, customer="C1")
        resolved = self.put_mail("alert/7/resolved/customer/email/C1", alert=7, customer="C1",
                                 kind="alert.resolved")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port)
        self.wait_state(opened, "accepted")
        self.wait_state(resolved, "accepted")
        self.assertEqual([m[2]["Message-ID"].split(".")[0][:15] for m in server.box.mails],
                         ["<alert-7-opened", "<alert-7-resolv"])

    def test_a_store_that_fails_in_between(self):
        """Whatever commit fails, known or not: the mail goes out, once."""
        for nth, result, done in ((1, -3, 0), (1, -13, 0), (1, -13, 1), (2, -3, 0), (2, -13, 0), (2, -13, 1)):
            server = MailServer()
            self.start(smtp_host="127.0.0.1", smtp_port=server.port)
            time.sleep(0.2)  # the first recovery is committed
            number = self.put_mail(f"a/{nth}{result}{done}")
            self.say(f"fail {nth} {result} {done}")
            self.say("kick")
            self.wait_state(number, "accepted")
            self.assertEqual(len(server.box.mails), 1, (nth, result, done))
            self.stop()
            server.stop()

    def test_many_and_none_doubled(self):
        server = self.serve(MailServer())
        numbers = [self.put_mail(f"a/{i}") for i in range(200)]
        self.start(smtp_host="127.0.0.1", smtp_port=server.port)
        for number in numbers:
            self.wait_state(number, "accepted")
        ids = [m[2]["Message-ID"] for m in server.box.mails]
        self.assertEqual(len(ids), 200)
        self.assertEqual(len(set(ids)), 200)

    def test_no_server_is_a_dead_letter_that_says_so(self):
        number = self.put_mail("a/1")
        self.start()
        self.assertIn("no mail server", self.wait_state(number, "dead")[2])


class Tls(Story):
    def setUp(self):
        super().setUp()
        self.cert, self.key = (os.path.join(self.folder, n) for n in ("cert.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", self.key, "-out", self.cert, "-days", "2", "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.cert, self.key)

    def test_starttls(self):
        server = self.serve(MailServer(tls_context=self.context, require_starttls=True))
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls="starttls", smtp_ca=self.cert)
        self.wait_state(number, "accepted")
        self.assertTrue(server.box.mails[0][3])

    def test_smtps(self):
        server = self.serve(MailServer(ssl_context=self.context))
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls="smtps", smtp_ca=self.cert)
        self.wait_state(number, "accepted")

    def test_starttls_is_demanded(self):
        """A server (or somebody between) that offers no TLS gets nothing."""
        server = self.serve(MailServer())
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls="starttls", smtp_ca=self.cert)
        wait_for("two attempts", lambda: self.row(number)[1] >= 2)
        self.assertEqual(server.box.rcpt, 0)

    def test_a_stranger_s_certificate(self):
        server = self.serve(MailServer(tls_context=self.context, require_starttls=True))
        number = self.put_mail("a/1")
        self.start(smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls="starttls")
        wait_for("two attempts", lambda: self.row(number)[1] >= 2)
        wait_for("the reason", lambda: "certificate" in self.row(number)[2].lower())
        self.assertEqual(server.box.rcpt, 0)


class Hooks(Story):
    def test_signed_and_typed(self):
        receiver = self.serve(Receiver())
        self.put_receiver("tickets", receiver.url)
        number = self.put_hook("alert-1-opened", "tickets", '{"a":"ü"}'.encode())
        self.start()
        self.wait_state(number, "accepted")
        path, headers, body = receiver.got[0]
        self.assertEqual(path, "/hook")
        self.assertEqual(headers["Content-Type"], "application/cloudevents+json; charset=utf-8")
        self.assertEqual(headers["webhook-id"], "alert-1-opened")
        self.assertEqual(body, '{"a":"ü"}'.encode())
        self.assertTrue(signature_holds(headers, body))
        self.assertFalse(signature_holds(headers, body + b" "))

    def test_down_then_up_keeps_the_id(self):
        receiver = self.serve(Receiver([(500, {}, b"oops"), (503, {}, b""), (429, {}, b"")]))
        self.put_receiver("tickets", receiver.url)
        number = self.put_hook("m1", "tickets")
        self.start()
        self.assertEqual(self.wait_state(number, "accepted")[1], 4)
        self.assertEqual({h["webhook-id"] for _, h, _ in receiver.got}, {"m1"})
        self.assertTrue(all(signature_holds(h, b) for _, h, b in receiver.got))
        codes = self.db.execute("SELECT code, detail FROM attempts ORDER BY n").fetchall()
        self.assertEqual([c[0] for c in codes], [500, 503, 429, 204])
        self.assertEqual(codes[0][1], "oops")

    def test_gone_is_final(self):
        receiver = self.serve(Receiver([(410, {}, b"gone")]))
        self.put_receiver("tickets", receiver.url)
        number = self.put_hook("m1", "tickets")
        self.start()
        self.assertEqual(self.wait_state(number, "dead"), ("dead", 1, "gone"))

    def test_redirects_are_not_followed(self):
        target = self.serve(Receiver())
        receiver = self.serve(Receiver([(302, {"Location": target.url}, b"over there")]))
        self.put_receiver("tickets", receiver.url)
        number = self.put_hook("m1", "tickets")
        self.start()
        self.wait_state(number, "dead")
        self.assertEqual(target.got, [])

    def test_an_endless_answer_is_cut(self):
        def pour(handler):
            handler.send_response(200)
            handler.end_headers()
            try:
                for _ in range(2000):
                    handler.wfile.write(b"x" * 65536)
                handler.server.poured = True
            except OSError:
                pass

        receiver = self.serve(Receiver([(200, {}, pour)]))
        receiver.server.poured = False
        self.put_receiver("tickets", receiver.url)
        number = self.put_hook("m1", "tickets")
        self.start()
        self.wait_state(number, "accepted")  # it said 200 before it poured
        self.assertFalse(receiver.server.poured)

    def test_a_hang_is_ended_and_harms_nobody(self):
        release = threading.Event()
        slow = self.serve(Receiver([(200, {}, lambda handler: release.wait(60))] * 100))
        quick = self.serve(Receiver())
        self.put_receiver("slow", slow.url)
        self.put_receiver("quick", quick.url)
        stuck = [self.put_hook(f"s{i}", "slow") for i in range(80)]
        fine = [self.put_hook(f"q{i}", "quick") for i in range(20)]
        self.start(timeout="30s")
        for number in fine:
            self.wait_state(number, "accepted")
        self.assertTrue(all(self.row(n)[0] in ("ready", "trying") for n in stuck))
        trying = sum(self.row(n)[0] == "trying" for n in stuck)
        self.assertLessEqual(trying, 4)
        self.stop()  # ends in order with messages in flight
        release.set()
        self.start(timeout="300ms", retry_floor="10s", retry_cap="10s")
        wait_for("a timeout", lambda: self.db.execute(
            "SELECT count(*) FROM attempts WHERE code IS NOT NULL").fetchone()[0] > 20)

    def test_private_addresses_need_a_decision(self):
        """No webhook makes the gateway speak to its own machine."""
        receiver = self.serve(Receiver())
        port = receiver.url.split(":")[2].split("/")[0]
        urls = [receiver.url, f"http://localhost:{port}/", f"http://[::ffff:127.0.0.1]:{port}/",
                f"http://2130706433:{port}/", f"http://0:{port}/", "http://169.254.169.254/latest/"]
        numbers = []
        for i, url in enumerate(urls):
            self.put_receiver(f"h{i}", url)
            numbers.append(self.put_hook(f"m{i}", f"h{i}"))
        self.start(webhook_private="false")
        for number in numbers:
            self.assertIn("private", self.wait_state(number, "dead")[2])
        self.assertEqual(receiver.got, [])

    def test_settings_that_cannot_work_say_so(self):
        receiver = self.serve(Receiver())
        self.put_receiver("weak", receiver.url, secret="hunter2")
        self.put_receiver("file", "file:///etc/passwd")
        weak, file, gone = (self.put_hook("m1", "weak"), self.put_hook("m2", "file"), self.put_hook("m3", "gone"))
        self.start()
        self.assertIn("whsec_", self.wait_state(weak, "dead")[2])
        self.assertIn("http://", self.wait_state(file, "dead")[2])
        self.assertIn("removed", self.wait_state(gone, "dead")[2])
        self.assertEqual(receiver.got, [])


class FromAlertToPeople(Story):
    """holds: TELL-1

    Hand-off rows in; a German mail and two signed webhooks out."""

    def setUp(self):
        super().setUp()
        self.server = self.serve(MailServer())
        self.support, self.maker = self.serve(Receiver()), self.serve(Receiver())
        self.put_receiver("tickets", self.support.url, 2)
        self.put_receiver("quality", self.maker.url, 4)
        self.put("INSERT INTO devices (id,model,name) VALUES ('CK-1','CK-300','Annas Kühlschrank')")
        for name, language, zone in (("C1", "de", "Europe/Berlin"), ("C2", "en", "America/New_York")):
            self.put("INSERT INTO customers (id,name,language,timezone,email) VALUES (?,?,?,?,?)",
                     name, f"Person {name}", language, zone, f"{name.lower()}@example.com")
        self.put("INSERT INTO ownership (device,customer,from_ms,to_ms) VALUES ('CK-1','C1',0,?)", NOW + 1000)
        self.put("INSERT INTO ownership (device,customer,from_ms) VALUES ('CK-1','C2',?)", NOW + 1000)

    def hand_off(self, number, kind, body):
        self.put("INSERT INTO handoff (no,at_ms,kind,tenant,device,alert,body) VALUES (?,?,?,1,'CK-1',?,?)",
                 number, NOW, kind, number, body)

    def run_it(self):
        self.start(smtp_host="127.0.0.1", smtp_port=self.server.port)
        self.say("plan")

    def cursor(self):
        got = self.db.execute("SELECT no FROM cursors WHERE stage='people'").fetchone()
        return got[0] if got else 0

    def test_all_three_are_told_once(self):
        self.hand_off(1, "alert.opened", alert_body(1, "alert.opened"))
        self.run_it()
        wait_for("three to be told", lambda: self.db.execute(
            "SELECT count(*) FROM outbox WHERE state='accepted'").fetchone()[0] == 3)
        mail = self.server.box.mails[0][2]
        self.assertEqual(mail["Subject"], "[for c1@example.com] Ihr Kühlschrank ist zu warm")
        text = mail.get_body(("plain",)).get_content().replace("\u00a0", " ")
        os.environ["TZ"] = "Europe/Berlin"
        time.tzset()
        local = time.strftime("%H:%M Uhr", time.localtime((NOW - 1200000) / 1000))
        self.assertIn(local, text)
        flat = " ".join(text.split())
        self.assertIn("wärmer als 8 °C. Gerade sind es 9,1 °C.", flat)
        html = mail.get_body(("html",)).get_content()
        self.assertIn('<html lang="de">', html)
        event = json.loads(self.support.got[0][2])
        self.assertEqual((event["specversion"], event["type"]), ("1.0", "tocsin.alert.opened"))
        self.assertEqual(event["data"]["customer"]["id"], "C1")
        self.assertEqual(event["id"], self.support.got[0][1]["webhook-id"])
        self.assertTrue(signature_holds(*self.maker.got[0][1:]))
        for secret in (b"C1", b"Person", b"Annas", b"example.com", b"customer"):
            self.assertNotIn(secret, self.maker.got[0][2])
        self.say("plan")
        self.stop()
        self.run_it()
        self.say("plan")
        time.sleep(0.3)
        self.assertEqual((len(self.server.box.mails), len(self.support.got), len(self.maker.got)), (1, 1, 1))

    def test_the_follow_up_is_threaded_and_the_new_owner_hears_nothing(self):
        self.hand_off(1, "alert.opened", alert_body(1, "alert.opened"))
        self.hand_off(2, "alert.resolved", alert_body(1, "alert.resolved", state="resolved",
                                                      resolved_ms=NOW + 500, resolved_by="data"))
        self.hand_off(3, "alert.resolved", alert_body(1, "alert.resolved", state="resolved",
                                                      resolved_ms=NOW + 2000, resolved_by="data"))
        self.run_it()
        mails = wait_for("both mails", lambda: len(self.server.box.mails) >= 2 and self.server.box.mails)
        wait_for("the cursor", lambda: self.cursor() == 3)
        self.assertEqual(mails[1][2]["In-Reply-To"], mails[0][2]["Message-ID"])
        self.assertIn("Vorbei", mails[1][2]["Subject"])
        self.assertEqual(self.db.execute("SELECT count(*) FROM outbox WHERE customer='C2'").fetchone()[0], 0)

    def test_what_the_store_refuses_is_planned_again(self):
        """A commit that fails, and ones whose result nobody knows: told once all the same."""
        for result, done in ((-3, 0), (-13, 0), (-13, 1)):
            number = self.db.execute("SELECT coalesce(max(no), 0) + 1 FROM handoff").fetchone()[0]
            self.hand_off(number, "alert.opened", alert_body(number, "alert.opened", tell=["customer"]))
            self.start(smtp_host="127.0.0.1", smtp_port=self.server.port)
            time.sleep(0.2)  # the first recovery is committed
            self.say(f"fail 1 {result} {done}")
            self.say("plan")
            time.sleep(0.2)
            self.say("plan")
            self.say("kick")
            wait_for("the mail", lambda: len(self.server.box.mails) == number)
            wait_for("the cursor", lambda: self.cursor() == number)
            self.stop()
        ids = [m[2]["Message-ID"] for m in self.server.box.mails]
        self.assertEqual((len(ids), len(set(ids))), (3, 3))

    def test_late_and_broken_rows_do_not_stop_the_rest(self):
        self.hand_off(1, "alert.opened", alert_body(1, "alert.opened", late=True))
        self.hand_off(2, "alert.opened", "{ this is no JSON")
        self.hand_off(3, "device.presence", "{}")
        self.hand_off(4, "alert.opened", alert_body(4, "alert.opened", tell=["customer"]))
        self.run_it()
        wait_for("the mail", lambda: self.server.box.mails)
        wait_for("the cursor", lambda: self.cursor() == 4)
        self.assertEqual(self.db.execute("SELECT count(*) FROM outbox").fetchone()[0], 1)

    def test_killed_again_and_again_nobody_is_forgotten_or_planned_twice(self):
        for number in range(1, 151):
            self.hand_off(number, "alert.opened", alert_body(number, "alert.opened", tell=["customer"]))
        for pause in (0, 0.01, 0.02, 0.03, 0.05, 0.08):
            self.run_it()
            time.sleep(pause)
            self.kill()
        self.run_it()
        wait_for("all mails", lambda: self.db.execute(
            "SELECT count(*) FROM outbox WHERE state='accepted'").fetchone()[0] == 150)
        self.assertEqual(self.cursor(), 150)
        ids = [m[2]["Message-ID"] for m in self.server.box.mails]
        self.assertEqual(len(set(ids)), 150)
        window = self.db.execute("SELECT count(*) FROM attempts WHERE detail LIKE 'the gateway ended%'").fetchone()[0]
        self.assertLessEqual(len(ids) - 150, window)  # doubles only where a crash hit the window


if __name__ == "__main__":
    DRIVER = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
