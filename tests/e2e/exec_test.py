#!/usr/bin/env python3
"""Programs as sources, for real: the examples of docs/exec.md, and plugins of Debian's monitoring-plugins-basic."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from world import Daemon, Folder, wait_until

KPID = os.environ["KPID"]
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples"
RULES = "kpis: {a: {value: s.m}}\n"
LOOK = r"""#!/usr/bin/env python3
import json, socket
input()
print('{"kpid": 1}')
for name in ("data", "of_source", "of_channel", "of_api"):
    try:
        open(name).close()
        print(json.dumps({"remark": "sees " + name}))
    except PermissionError:
        pass
answer = b""
with socket.socket(socket.AF_UNIX) as daemon:
    daemon.connect("kpid.sock")
    try:
        daemon.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = daemon.recv(100)
    except (BrokenPipeError, ConnectionResetError):
        pass
print(json.dumps({"remark": "is told " + answer.decode()}))
print('{"date": "2026-03-01", "values": {"m": 1}}')
"""
TAIL = "rules: [rules.yaml]\nchannels: {screen: {type: console}}\nroutes: [{match: {}, to: [screen]}]\n"


class ExecTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kpid-exec-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_once(self, source, now="2026-03-15T06:00:00Z"):
        (self.folder / "kpid.yaml").write_text("sources:\n  s: " + source + "\n" + TAIL)
        (self.folder / "rules.yaml").write_text(RULES)
        ended = subprocess.run([KPID, "run", "--once", "--now", now, "--json"], cwd=self.folder, capture_output=True,
                               text=True, timeout=60, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    def samples(self):
        rows = subprocess.run(
            ["sqlite3", str(self.folder / "history.db"),
             "SELECT date(slot / 1000, 'unixepoch'), labels, value FROM sample JOIN series ON series.id = series_id "
             "ORDER BY slot, labels"], capture_output=True, text=True, check=True).stdout
        return rows.split()

    def copy(self, name):
        shutil.copy(EXAMPLES / name, self.folder / name)
        (self.folder / "orders.log").write_text(
            "2026-03-01 10:00 SE\n2026-03-01 11:00 DK\n2026-03-02 09:00 SE\n2026-03-02 09:30 SE\n")

    def test_the_example_in_shell(self):
        self.copy("orders.sh")
        code, text = self.run_once("{plugin: exec, command: [./orders.sh, orders.log], "
                                   "metrics: {m: {kind: flow, column: orders}}}")
        self.assertEqual(code, 0, text)
        self.assertEqual(self.samples(), ["2026-03-01|{}|2.0", "2026-03-02|{}|2.0"])

    def test_the_example_in_python(self):
        self.copy("orders.py")
        source = ("{plugin: exec, command: [./orders.py, orders.log], secrets: {token: \"${env:HOME}\"}, "
                  "labels: {country: country}, metrics: {m: {kind: flow, column: orders}}}")
        code, text = self.run_once(source)
        self.assertEqual(code, 0, text)
        self.assertEqual(self.samples(), ['2026-03-01|{"country":"DK"}|1.0', '2026-03-01|{"country":"SE"}|1.0',
                                          '2026-03-02|{"country":"SE"}|2.0'])

    def test_a_program_that_fails_says_why(self):
        self.copy("orders.py")
        code, text = self.run_once("{plugin: exec, command: [./orders.py, /none], labels: {country: country}, "
                                   "metrics: {m: {kind: flow, column: orders}}}")
        self.assertEqual(code, 3, text)
        self.assertIn("No such file or directory: '/none'", text)

    def test_a_program_beside_the_configuration_sees_neither_it_nor_the_history_nor_a_secret(self):
        script = self.folder / "look.sh"
        script.write_text("#!/bin/sh\nread -r question\necho '{\"kpid\": 1}'\n"
                          "for file in kpid.yaml rules.yaml history.db history.db.credentials/* token data; do\n"
                          "  cat $file >/dev/null 2>&1 && echo \"{\\\"problem\\\": \\\"sees $file\\\"}\"\ndone\n"
                          "echo '{\"date\": \"2026-03-01\", \"values\": {\"m\": 1}}'\n")
        script.chmod(0o755)
        (self.folder / "history.db.credentials").mkdir()
        for name in ("token", "data", "history.db.credentials/abc"):
            (self.folder / name).write_text("x")
        source = ("{plugin: exec, command: [./look.sh], secrets: {token: \"${file:token}\"}, "
                  "metrics: {m: {kind: flow}}}")
        code, text = self.run_once(source)
        seen = [line for line in text.splitlines() if "sees " in line]
        self.assertEqual(code, 0, text)
        self.assertIn("sees data", text)
        for name in ("kpid.yaml", "rules.yaml", "history.db", "token"):
            self.assertNotIn("sees " + name, text, seen)
        self.assertEqual(self.samples(), ["2026-03-01|{}|1.0"])

    def test_a_program_that_is_tried_reaches_neither_the_daemon_nor_a_secret_of_another(self):
        folder = Folder(self)
        folder.write("look.py", LOOK).chmod(0o755)
        for name in ("data", "of_source", "of_channel", "of_api"):
            folder.write(name, "sixteen-bytes-and-more")
        folder.write("sources.yaml", "sources: {other: {plugin: exec, command: [./look.py], every: 1h, "
                     "secrets: {token: \"${file:of_source}\"}, metrics: {m: {kind: flow}}}}\n")
        folder.write("rules.yaml", RULES)
        folder.write("kpid.yaml", "token: \"${file:of_api}\"\nrules: [rules.yaml, sources.yaml]\n"
                     "sources: {s: {plugin: exec, command: [./look.py], every: 1h, metrics: {m: {kind: flow}}}}\n"
                     "channels: {hook: {type: webhook, url: \"http://127.0.0.1:1/${file:of_channel}\"}, "
                     "screen: {type: console}}\n"
                     "routes: [{match: {}, to: [hook, screen]}]\n")
        Daemon(self, folder)
        wait_until(lambda: folder.run("reload").returncode == 0, "the daemon answers people")
        tried = folder.run("source", "test", "s")
        self.assertEqual(tried.returncode, 0, tried.stderr)
        told = [line for line in tried.stdout.splitlines() if line.startswith(("sees ", "is told"))]
        self.assertEqual(["sees data", "is told"], [line.strip() for line in told])

    def nagios(self, command, column):
        source = ("{plugin: exec, format: nagios, command: " + json.dumps(command) +
                  ", metrics: {m: {kind: level, column: " + json.dumps(column) + "}}}")
        code, text = self.run_once(source)
        self.assertEqual(code, 0, text)
        (sample,) = self.samples()
        self.assertTrue(sample.startswith("2026-03-14|{}|"), sample)
        return float(sample.split("|")[2])

    def test_check_load(self):
        self.assertGreaterEqual(self.nagios(["check_load", "-w", "1000,1000,1000", "-c", "1000,1000,1000"], "load1"), 0)

    def test_check_tcp(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = str(server.getsockname()[1])
            self.assertGreaterEqual(self.nagios(["check_tcp", "-H", "127.0.0.1", "-p", port], "time"), 0)

    def test_check_procs_that_is_critical_still_has_its_number(self):
        self.assertGreater(self.nagios(["check_dummy", "2", "text|m=7"], "m"), 6)

    def test_check_dummy_unknown_is_a_failed_poll(self):
        code, text = self.run_once(
            "{plugin: exec, format: nagios, command: [check_dummy, \"3\", lost], metrics: {m: {kind: level}}}")
        self.assertEqual(code, 3, text)
        self.assertIn("check_dummy: is UNKNOWN: UNKNOWN: lost", text)


if __name__ == "__main__":
    if not os.path.exists("/usr/lib/nagios/plugins/check_dummy"):
        sys.exit("exec: install monitoring-plugins-basic (tests/packages/test.txt)")
    unittest.main()
