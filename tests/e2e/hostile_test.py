#!/usr/bin/env python3
"""Somebody tries to read a secret, to hang the daemon, or to run two of them: a canary of every kind through sources,
channels, reloads, the API and reports while both sides answer with what they were sent; the API abused; many starts at once."""

import base64
import http.server
import json
import os
import re
import signal
import socket
import sqlite3
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from daemon_test import LOW, ROWS
from world import Daemon, Folder, wait_until

STARTS = int(os.environ.get("KPI_STARTS", "20"))
KINDS = ("webhook_url", "webhook_secret", "slack_url", "header", "query", "bearer", "program", "api_token", "mail")
CANARIES = {kind: f"kanarie+{kind}/{'0123456789abcdef' * 2}=={number}" for number, kind in enumerate(KINDS)}


def forms_of(secret):
    """A secret as it is, and as JSON, URLs, base64 (at any offset) and hexadecimal have it."""
    raw = secret.encode()
    forms = {raw, urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote(secret).encode(), raw.hex().encode(),
             json.dumps(secret)[1:-1].replace("/", "\\/").encode()}
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + raw)
        forms.add(whole[4:-4])  # what does not depend on the neighbours
    return forms


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with all that it was sent, as an error: the worst that a server can do to what is logged of it."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = json.dumps({"error": f"{self.path} {dict(self.headers)} {body.decode(errors='replace')}",
                           "path": self.path, "headers": dict(self.headers)}).encode()
        self.server.seen += 1
        self.send_response(500 if "kanarie" in self.path or self.command == "POST" else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Hostile(unittest.TestCase):
    def start_echo(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        server.daemon_threads = True
        server.seen = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(lambda: (server.shutdown(), server.server_close()))
        return server, f"http://127.0.0.1:{server.server_address[1]}"

    def free_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            return taken.getsockname()[1]

    def folder_of(self, sources="", channels="", extra=""):
        folder = Folder(self)
        self.port = self.free_port()
        folder.write("kpid.yaml", f"""timezone: Etc/UTC
history: sqlite:history.db
listen: 127.0.0.1:{self.port}
{extra}rules: [rules.yaml]
sources:
  web: {{plugin: csv, path: web.csv, every: 1s, metrics: {{visits: {{kind: flow, unit: visits}}}}}}
{sources}channels:
  screen: {{type: console}}
{channels}routes:
  - {{match: {{}}, to: [{', '.join(['screen'] + re.findall(r'^  ([a-z]+): ', channels, re.M))}], wait: 0s, interval: 0s}}
""")
        folder.write("rules.yaml", "kpis:\n  visits:\n    value: web.visits\n    thresholds: {warning: 100}\n    no_data: {then: hold}\n")
        folder.write("web.csv", ROWS + LOW)
        return folder

    def get(self, path, **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def raw(self, text, patience=20):
        """What comes back for these bytes, up to the end of the connection or of our patience."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as connection:
            connection.sendall(text.encode() if isinstance(text, str) else text)
            answer = b""
            try:
                while b"\r\n\r\n" not in answer:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    answer += piece
            except (TimeoutError, ConnectionError):
                pass
            return answer.decode(errors="replace")

    def test_secrets_of_every_kind_appear_nowhere(self):
        server, url = self.start_echo()
        private = "allow_private: [127.0.0.0/8]"
        sources = f"""  header: {{plugin: http, every: 1s, {private}, request: {{url: "{url}/h", headers: {{X-Api-Key: "${{file:header}}"}}}}, rows: {{kind: records, path: /x, date: {{field: d}}}}, metrics: {{a: {{column: /a, kind: flow}}}}}}
  query: {{plugin: http, every: 1s, {private}, request: {{url: "{url}/q", query: {{key: "${{file:query}}"}}}}, rows: {{kind: records, path: /x, date: {{field: d}}}}, metrics: {{a: {{column: /a, kind: flow}}}}}}
  bearer: {{plugin: http, every: 1s, {private}, auth: {{type: bearer, token: "${{file:bearer}}"}}, request: {{url: "{url}/b"}}, rows: {{kind: records, path: /x, date: {{field: d}}}}, metrics: {{a: {{column: /a, kind: flow}}}}}}
  program: {{plugin: exec, command: [tool/program.sh], every: 1s, secrets: {{token: "${{file:program}}"}}, metrics: {{a: {{kind: flow}}}}}}
"""
        channels = f"""  hook: {{type: webhook, url: "${{file:webhook_url}}", secret: "${{file:webhook_secret}}", {private}}}
  slack: {{type: slack, url: "${{file:slack_url}}", {private}}}
  mail: {{type: email, smtp: "127.0.0.1:{self.free_port()}", from: kpi@example.com, to: [a@example.com], username: kpi, password: "${{file:mail}}", {private}}}
"""
        folder = self.folder_of(sources, channels, 'token: "${file:api_token}"\n')
        for kind, secret in CANARIES.items():
            folder.write(kind, f"{url}/{secret}" if kind.endswith("_url") else secret)
        program = folder.write("tool/program.sh", "#!/bin/sh\nread -r question\nenv >&2\ncat /proc/$$/cmdline /proc/$PPID/environ >&2\n"
                                             "cat ../header \"$OLDPWD/header\" header >&2\necho \"$question\" >&2\nexit 1\n")
        program.chmod(0o755)
        said = []

        def keep(name, data):
            said.append((name, data if isinstance(data, bytes) else data.encode()))

        checked = folder.run("check")
        self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)
        daemon = Daemon(self, folder)
        wait_until(lambda: server.seen >= 5, "sources and channels are answered")
        wait_until(lambda: "500" in daemon.text and "program" in daemon.text, "failures are logged")
        token = CANARIES["api_token"]
        for path in ("/", "/metrics", "/readyz", *(f"/api/v1/{name}" for name in (
                "status", "kpis", "kpis/visits", "kpis/visits/explain", "alerts", "sources", "channels", "notifications", "check",
                "reviews", "silences", "report?quarter=2024-Q1&format=html", "report?quarter=2024-Q1&format=json", "openapi.json"))):
            status, body = self.get(path, Authorization=f"Bearer {token}")
            keep(f"GET {path} {status}", body)
            keep(f"GET {path} with a wrong token", self.get(path, Authorization=f"Bearer wrong{token[:4]}")[1])
        folder.write("rules.yaml", "kpis: {visits: {value: web.nothing}}\n")
        daemon.wait_for("the last good one goes on")
        for pid in {daemon.process.pid, *self.children_of(daemon.process.pid)}:
            for part in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{pid}/{part}", "rb") as stream:
                        keep(f"{part} of process {pid}", stream.read())
                except OSError:
                    pass  # it has ended
        for words in (["status"], ["status", "--json"], ["explain", "visits"], ["alerts"], ["config"], ["deadletter", "list"], ["plugins"],
                      ["source", "test", "header"], ["source", "test", "query"], ["source", "test", "bearer"], ["source", "test", "program"],
                      ["channel", "test", "hook"], ["channel", "test", "slack"], ["channel", "test", "mail"], ["check"],
                      ["report", "--quarter", "2024-Q1", "--out", "report.html"], ["history", "backup", "copy.db"]):
            done = folder.run(*words)
            keep("kpid " + " ".join(words), done.stdout + done.stderr)
        daemon.send(signal.SIGTERM)
        self.assertEqual(0, daemon.wait(), daemon.text)
        keep("the log", daemon.text)
        for path in folder.path.rglob("*"):
            if path.is_file() and path.name not in CANARIES:
                keep(str(path.relative_to(folder.path)), path.read_bytes())
        with sqlite3.connect(folder.history) as history:
            keep("what the outbox and the sources keep", repr(history.execute("SELECT * FROM outbox").fetchall()))
        for kind, secret in CANARIES.items():
            for form in forms_of(secret):
                for name, data in said:
                    self.assertNotIn(form, data, f"the secret {kind} is in {name}")

    def children_of(self, pid):
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
                return [int(child) for child in stream.read().split()]
        except OSError:
            return []

    def test_requests_of_strangers_are_refused(self):
        folder = self.folder_of(extra='token: "${env:API_TOKEN}"\n')
        folder.environment["API_TOKEN"] = "a-token-of-enough-bytes"
        daemon = Daemon(self, folder)
        daemon.wait_for("listening on")
        host = f"Host: 127.0.0.1:{self.port}\r\n"
        long = "x" * 100_000
        silence = json.dumps({"match": ["kpi=visits"], "until": "1 hour", "by": "mallory"})
        post = f"POST /api/v1/silences HTTP/1.1\r\n{host}Content-Type: application/json\r\nContent-Length: {len(silence)}\r\nConnection: close\r\n"
        for why, text, wanted in (
                ("another Host", "GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "4"),
                ("no Host", "GET /api/v1/status HTTP/1.1\r\nConnection: close\r\n\r\n", "4"),
                ("no token", post + "\r\n" + silence, "4"),
                ("a wrong token", post + "Authorization: Bearer a-token-of-enough-byteZ\r\n\r\n" + silence, "4"),
                ("another origin", post + "Authorization: Bearer a-token-of-enough-bytes\r\nOrigin: https://evil.example\r\n\r\n" + silence, "4"),
                ("a file", f"GET /../../../../etc/passwd HTTP/1.1\r\n{host}Connection: close\r\n\r\n", "4"),
                ("an escaped file", f"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n{host}Connection: close\r\n\r\n", "4"),
                ("a file of the API", f"GET /api/v1/kpis/..%2f..%2fkpid.yaml HTTP/1.1\r\n{host}Connection: close\r\n\r\n", "4"),
                ("long headers", f"GET / HTTP/1.1\r\n{host}X-Long: {long}\r\n\r\n", "4"),
                ("a long body", f"POST /api/v1/silences HTTP/1.1\r\n{host}Content-Length: 100000000\r\n\r\n", "4"),
                ("two lengths", f"POST /api/v1/reload HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "4"),
                ("no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 40, "4"),
                ("a method of its own", f"BREW / HTTP/1.1\r\n{host}Connection: close\r\n\r\n", "4")):
            with self.subTest(why):
                answer = self.raw(text)
                self.assertTrue(answer == "" or re.match(rf"HTTP/1.1 {wanted}", answer), answer[:300])
                self.assertNotIn("root:", answer)
        self.assertEqual(200, self.get("/healthz")[0])
        answer = self.raw(post + "Authorization: Bearer a-token-of-enough-bytes\r\n\r\n" + silence)
        self.assertTrue(re.match("HTTP/1.1 20", answer), answer)  # that the token was not the reason
        daemon.send(signal.SIGTERM)
        self.assertEqual(0, daemon.wait())
        self.assertEqual([("mallory",)], folder.rows("SELECT by_whom FROM silence"))

    def test_slow_and_many_connections_delay_nobody(self):
        folder = self.folder_of()
        daemon = Daemon(self, folder)
        daemon.wait_for("3 new samples")
        slow = []
        for number in range(300):
            try:
                connection = socket.create_connection(("127.0.0.1", self.port), timeout=5)
                connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
                slow.append(connection)
            except OSError:
                break
            if number == 100:  # what is watched goes on meanwhile
                folder.write("web.csv", ROWS + LOW + "2024-01-04,150\n")
        self.addCleanup(lambda: [connection.close() for connection in slow])
        daemon.wait_for("1 new sample")
        daemon.wait_for("alert.resolved for screen")
        # Those that say nothing are given up after ten seconds; then there is room.
        began = time.monotonic()
        wait_until(self.answers, "the API answers")
        self.assertLess(time.monotonic() - began, 30)
        daemon.send(signal.SIGTERM)
        self.assertEqual(0, daemon.wait())

    def answers(self):
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def test_of_many_starts_at_once_one_works_and_the_others_say_why(self):
        folder = self.folder_of()
        for round_number in range(STARTS // 10):
            daemons = [Daemon(self, folder) for _ in range(10)]
            wait_until(lambda daemons=daemons: sum(daemon.process.poll() is None for daemon in daemons) <= 1, "all but one end")
            running = [daemon for daemon in daemons if daemon.process.poll() is None]
            self.assertEqual(1, len(running), "\n".join(daemon.text for daemon in daemons))
            for daemon in daemons:
                if daemon is not running[0]:
                    self.assertEqual(3, daemon.wait())
                    self.assertIn("is in use by ", daemon.text)  # its number, or "another process" before it is written
            running[0].wait_for("watching 1 KPI")
            running[0].send(signal.SIGKILL if round_number % 2 else signal.SIGTERM)  # a stale lock blocks nobody
            running[0].wait()
        self.assertEqual([("ok",)], folder.rows("PRAGMA integrity_check"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
