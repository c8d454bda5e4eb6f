#!/usr/bin/env python3
"""Debian's Alertmanager takes what kpid tells it: an alert burns there, is the same one when it becomes worse, and ends
with kpid's.

    python3 judge_alertmanager.py PATH_TO_kpid
"""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

DEADLINE = 30  # seconds
RULES = """
sources:
  shop: {plugin: csv, path: shop.csv, grain: day, date: {column: date}, metrics: {orders: {column: orders, kind: flow}}}
kpis:
  orders: {value: shop.orders, title: Orders a day, owner: growth, better: higher, thresholds: {warning: 50, critical: 20}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class AlertmanagerTest(unittest.TestCase):
    def setUp(self):
        program = shutil.which("prometheus-alertmanager")
        self.assertTrue(program, "install the package prometheus-alertmanager")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kpid-alertmanager-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        (self.folder / "alertmanager.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        self.server = subprocess.Popen(
            [program, f"--config.file={self.folder}/alertmanager.yml", f"--storage.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        (self.folder / "rules.yaml").write_text(RULES)
        (self.folder / "kpid.yaml").write_text(
            "rules: rules.yaml\n"
            f"channels: {{am: {{type: alertmanager, url: 'http://127.0.0.1:{self.port}', allow_private: [127.0.0.0/8]}}}}\n"
            "routes: [{match: {}, to: [am]}]\n")
        self.wait_until_ready()

    def wait_until_ready(self):
        until = time.monotonic() + DEADLINE
        while True:
            try:
                return self.alerts()
            except (urllib.error.URLError, ConnectionError):
                self.assertLess(time.monotonic(), until, "Alertmanager did not start")
                with socket.socket() as probe:
                    probe.settimeout(0.2)
                    probe.connect_ex(("127.0.0.1", self.port))

    def alerts(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v2/alerts", timeout=DEADLINE) as answer:
            return json.load(answer)

    def step(self, day, orders):
        with (self.folder / "shop.csv").open("a") as file:
            file.write(f"2026-03-{day:02},{orders}\n")
        done = subprocess.run([KPID, "run", "--once", "--now", f"2026-03-{day + 1:02}T06:00:00Z"], cwd=self.folder,
                              capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_an_alert_burns_worsens_and_ends(self):
        (self.folder / "shop.csv").write_text("date,orders\n2026-03-01,80\n")
        self.step(2, 75)
        self.assertEqual(self.alerts(), [])
        self.step(3, 40)
        burning = self.alerts()
        self.assertEqual([alert["labels"]["severity"] for alert in burning], ["warning"], burning)
        self.assertEqual(burning[0]["labels"]["alertname"], "orders")
        self.assertIn("Orders a day", burning[0]["annotations"]["summary"])
        self.assertEqual(burning[0]["status"]["state"], "active")
        self.step(4, 10)
        self.assertEqual([alert["labels"]["severity"] for alert in self.alerts()], ["critical"])
        self.step(5, 90)
        self.assertEqual(self.alerts(), [])

    def test_a_test_message_is_taken(self):
        done = subprocess.run([KPID, "channel", "test", "am"], cwd=self.folder, capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([alert["labels"]["alertname"] for alert in self.alerts()], ["kpid_test"])


if __name__ == "__main__":
    KPID = sys.argv.pop()
    unittest.main()
