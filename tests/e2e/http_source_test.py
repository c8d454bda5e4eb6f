#!/usr/bin/env python3
"""Sources that ask over HTTP, with the real program and a server that restates, limits, floods and redirects."""

import http.server
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import unittest

from world import DEADLINE, Daemon, Folder

KPID = os.environ.get("KPID", "")
SOURCE = """
sources:
  web:
    plugin: http
    {allow}
    auth: {{type: bearer, token: "${{env:SHOP_TOKEN}}"}}
    window: {{lookback_days: 3, first_days: 1}}
    request: {{url: "{url}/days", query: {{from: "{{{{window.start}}}}", to: "{{{{window.end}}}}"}}}}
    rows: {{path: /data}}
    metrics: {{n: {{}}}}
rules: [rules.yaml]
"""
ALLOW = "allow_private: [127.0.0.0/8]"
ROTATED = """
sources:
  web:
    plugin: http
    allow_private: [127.0.0.0/8]
    auth: {{type: oauth2_refresh, token_url: "{url}/token", client_id: c, client_secret: s3cret, refresh_token: first}}
    request: {{url: "{url}/n"}}
    rows: {{kind: scalar, path: /n}}
    metrics: {{n: {{kind: level}}}}
rules: [rules.yaml]
"""


class Server(http.server.ThreadingHTTPServer):
    """Answers by `answer`, a function of the path: (status, headers, body)."""

    def __init__(self):
        outer = self
        self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path, self.headers.get("authorization")))
                status, headers, body = outer.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # what is too large is not read to its end

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    def end(self):
        self.shutdown()
        self.thread.join()
        self.server_close()


class HttpSourceTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kpid-http-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.server = Server()
        self.addCleanup(self.server.end)
        self.configure(ALLOW)

    def configure(self, allow, host="127.0.0.1"):
        url = f"http://{host}:{self.server.server_port}"
        (self.folder / "kpid.yaml").write_text(SOURCE.format(allow=allow, url=url))
        (self.folder / "rules.yaml").write_text("kpis: {n: {value: web.n, thresholds: {warning: 103}}}\n")

    def run_once(self, now):
        ended = subprocess.run([KPID, "run", "--once", "--now", now, "--config", "kpid.yaml"], cwd=self.folder,
                               capture_output=True, text=True, check=False, env={"SHOP_TOKEN": "s3cret-token"})
        self.assertNotIn("s3cret-token", ended.stdout + ended.stderr)
        return ended

    def rows(self, query):
        with sqlite3.connect(self.folder / "history.db") as history:
            return history.execute(query).fetchall()

    def test_a_day_that_is_restated_five_times_is_one_sample_with_its_revisions(self):
        for i, hour in enumerate((6, 8, 10, 12, 14)):
            body = json.dumps({"data": [{"date": "2026-11-20", "n": 101 + i}]}).encode()
            self.server.answer = lambda path, body=body: (200, {"content-type": "application/json"}, body)
            ended = self.run_once(f"2026-11-21T{hour:02}:00:00Z")
            self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(self.server.asked[0], ("/days?from=2026-11-20&to=2026-11-20", "Bearer s3cret-token"))
        self.assertEqual(self.server.asked[4][0], "/days?from=2026-11-18&to=2026-11-20")
        self.assertEqual(self.rows("SELECT value FROM sample"), [(105.0,)])
        self.assertEqual(self.rows("SELECT value FROM sample_revision ORDER BY id"), [(101.0,), (102.0,), (103.0,), (104.0,)])
        self.assertEqual(self.rows("SELECT day, value, verdict FROM verdict"), [("2026-11-20", 105.0, "met")])

    def test_no_day_is_lost_while_the_other_side_is_away(self):
        day = lambda path: path.rsplit("=", 1)[1]
        fine = lambda path: (200, {}, json.dumps({"data": [{"date": day(path), "n": 200}]}).encode())
        self.server.answer = fine
        self.assertEqual(self.run_once("2026-11-21T06:00:00Z").returncode, 0)
        self.server.answer = lambda path: (429, {"retry-after": "7200"}, b"")
        ended = self.run_once("2026-11-25T06:00:00Z")
        self.assertEqual(ended.returncode, 3)
        self.assertIn("too many requests", ended.stderr)
        self.server.answer = fine
        asked = len(self.server.asked)
        self.assertEqual(self.run_once("2026-11-25T07:00:00Z").returncode, 3)
        self.assertEqual(len(self.server.asked), asked)  # two hours by the real clock, started again or not
        shutil.rmtree(self.folder / "history.db.credentials")  # they have passed
        self.assertEqual(self.run_once("2026-11-26T06:00:00Z").returncode, 0)
        self.assertEqual(self.server.asked[-1][0], "/days?from=2026-11-18&to=2026-11-25",
                         "the days that were not settled when they were read last, and all since")

    def test_what_is_no_answer_makes_no_value(self):
        cases = {
            "a login page": (200, {"content-type": "text/html"}, b"<!doctype html><html>Log in</html>"),
            "a redirect": (302, {"location": "http://169.254.169.254/"}, b""),
            "a flood": (200, {}, b'{"data": "' + b"x" * (9 << 20) + b'"}'),
            "half of it": (200, {}, b'{"data": [{"date": "2026-11-20", "n": 1'),
            "nothing": (200, {}, b""),
            "depth": (200, {}, b"[" * 100_000),
        }
        for name, answer in cases.items():
            with self.subTest(name):
                self.server.answer = lambda path, answer=answer: answer
                ended = self.run_once("2026-11-21T06:00:00Z")
                self.assertEqual(ended.returncode, 3, ended.stdout + ended.stderr)
                self.assertEqual(self.rows("SELECT count(*) FROM sample"), [(0,)])

    def test_an_import_reads_a_long_history_to_its_end(self):
        day = lambda path: path.rsplit("=", 1)[1]
        self.server.answer = lambda path: (200, {}, json.dumps({"data": [{"date": day(path), "n": 200}]}).encode())
        config = self.folder / "kpid.yaml"
        config.write_text(config.read_text().replace("first_days: 1}", "first_days: 1}\n    fan_out: day"))
        ended = subprocess.run([KPID, "import", "--source", "web", "--from", "2025-06-01", "--config", "kpid.yaml"],
                               cwd=self.folder, capture_output=True, text=True, check=False, env={"SHOP_TOKEN": "s"})
        self.assertEqual(ended.returncode, 0, ended.stderr)
        days = self.rows("SELECT count(*) FROM sample")[0][0]
        self.assertGreater(days, 500)
        self.assertIn(f"web: {days} new samples, 0 restated", ended.stdout)
        self.assertEqual(len({path for path, _ in self.server.asked}), days)

    def test_an_import_after_an_outage_leaves_no_gap_before_it(self):
        day = lambda path: path.rsplit("=", 1)[1]
        self.server.answer = lambda path: (200, {}, json.dumps({"data": [{"date": day(path), "n": 200}]}).encode())
        self.assertEqual(self.run_once("2026-09-21T06:00:00Z").returncode, 0)
        ended = subprocess.run([KPID, "import", "--source", "web", "--from", "2026-11-01", "--now", "2026-11-21T05:00:00Z",
                                "--config", "kpid.yaml"],
                               cwd=self.folder, capture_output=True, text=True, check=False, env={"SHOP_TOKEN": "s"})
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(self.server.asked[-1][0], "/days?from=2026-11-01&to=2026-11-20")
        self.assertEqual(self.run_once("2026-11-21T06:00:00Z").returncode, 0)
        self.assertEqual(self.server.asked[-1][0], "/days?from=2026-09-18&to=2026-11-20")

    def test_a_poll_that_breaks_off_has_failed_and_what_it_brought_counts(self):
        config = self.folder / "kpid.yaml"
        config.write_text(config.read_text().replace("first_days: 1}", "first_days: 20, max_span: 10 days}"))
        day = lambda path: path.rsplit("=", 1)[1]
        fine = lambda path: (200, {}, json.dumps({"data": [{"date": day(path), "n": 200}]}).encode())
        self.server.answer = lambda path: (400, {}, b"no") if day(path) > "2026-11-11" else fine(path)
        ended = self.run_once("2026-11-21T06:00:00Z")
        self.assertEqual(ended.returncode, 3, ended.stdout + ended.stderr)
        self.assertIn("it broke off before 2026-11-11", ended.stderr)
        self.assertEqual(self.rows("SELECT count(*) FROM sample"), [(1,)])
        self.server.answer = fine
        self.assertEqual(self.run_once("2026-11-21T07:00:00Z").returncode, 0)
        self.assertEqual(self.server.asked[-1][0], "/days?from=2026-11-11&to=2026-11-20")

    def test_a_private_address_is_not_asked_unless_allowed(self):
        self.server.answer = lambda path: (200, {}, b"{}")
        # Written out it is an error of the configuration; by another name, of the poll.
        for host, code in (("127.0.0.1", 1), ("2130706433", 3)):
            with self.subTest(host):
                self.configure("timeout: 5s", host)
                ended = self.run_once("2026-11-21T06:00:00Z")
                self.assertEqual(ended.returncode, code, ended.stderr)
                self.assertIn("allow_private", ended.stderr)
                self.assertEqual(self.server.asked, [])


class Rotating(Server):
    """Its /token gives another refresh token for each that it gets, when it may answer."""

    def __init__(self):
        super().__init__()
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()
        outer = self

        def do_POST(handler):
            handler.rfile.read(int(handler.headers["content-length"]))
            outer.is_asked.set()
            outer.may_answer.wait(DEADLINE)
            body = b'{"access_token":"a","expires_in":3600,"refresh_token":"rotated"}'
            handler.send_response(200)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.RequestHandlerClass.do_POST = do_POST
        self.answer = lambda path: (200, {"content-type": "application/json"}, b'{"n":1}')


class RotatedTokenTest(unittest.TestCase):
    """The refresh token that was sent is dead: the one in the answer must not be lost."""

    def setUp(self):
        self.folder = Folder(self)
        self.server = Rotating()
        self.addCleanup(self.server.end)
        self.addCleanup(self.server.may_answer.set)
        self.folder.write("kpid.yaml", ROTATED.format(url=f"http://127.0.0.1:{self.server.server_port}"))
        self.folder.write("rules.yaml", "kpis: {n: {value: web.n, thresholds: {warning: 3}}}\n")

    def grants(self):
        return [path.read_text() for path in self.folder.path.rglob("*.grant")]

    def test_it_is_kept_when_the_daemon_is_ended_meanwhile(self):
        daemon = Daemon(self, self.folder)
        self.assertTrue(self.server.is_asked.wait(DEADLINE), daemon.text)
        daemon.send(signal.SIGTERM)
        daemon.wait_for("waiting for the answer of a login")
        self.server.may_answer.set()
        self.assertEqual(daemon.wait(), 0, daemon.text)
        self.assertEqual(self.grants(), ['{"refresh":"rotated"}'])

    def test_it_is_kept_when_a_verb_is_interrupted_meanwhile(self):
        for words in (("source", "test", "web"), ("run", "--once"), ("import", "--source", "web")):
            with self.subTest(words=words):
                self.server.is_asked.clear()
                self.server.may_answer.clear()
                verb = self.folder.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                self.addCleanup(verb.kill)
                self.assertTrue(self.server.is_asked.wait(DEADLINE))
                verb.send_signal(signal.SIGINT)
                self.server.may_answer.set()
                self.assertEqual(verb.wait(DEADLINE), -signal.SIGINT)
                self.assertEqual(self.grants(), ['{"refresh":"rotated"}'])
                shutil.rmtree(self.folder.path / "history.db.credentials")

if __name__ == "__main__":
    unittest.main()
