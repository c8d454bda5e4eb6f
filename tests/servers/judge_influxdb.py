#!/usr/bin/env python3
"""A real InfluxDB 1 delivers the sums of days that were written to it, a null for a day without points, and its errors,
which come with status 200.

    python3 judge_influxdb.py PATH_TO_kpid
"""

import datetime
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request

DEADLINE = 60  # seconds
DAY = datetime.timedelta(days=1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class InfluxTest(unittest.TestCase):
    def setUp(self):
        self.assertTrue(shutil.which("influxd"), "install the package influxdb")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kpid-influxdb-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        (self.folder / "influxdb.conf").write_text(f"""
reporting-disabled = true
bind-address = "127.0.0.1:{free_port()}"
[meta]
  dir = "{self.folder}/meta"
[data]
  dir = "{self.folder}/data"
  wal-dir = "{self.folder}/wal"
[http]
  bind-address = "127.0.0.1:{self.port}"
""")
        server = subprocess.Popen(["influxd", "-config", "influxdb.conf"], cwd=self.folder, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        waiter = subprocess.run(
            ["curl", "-s", "-f", "-o", "/dev/null", "--retry", "200", "--retry-delay", "1", "--retry-all-errors",
             "--retry-max-time", str(DEADLINE), f"http://127.0.0.1:{self.port}/ping"], check=False)
        self.assertEqual(waiter.returncode, 0, "InfluxDB did not become ready")
        today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        self.days = [today - DAY * back for back in (3, 2, 1)]

    def post(self, path, text):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=text.encode(), method="POST")
        urllib.request.urlopen(request, timeout=DEADLINE).close()

    def run_kpid(self, database):
        (self.folder / "kpid.yaml").write_text(f"""
sources:
  plant:
    plugin: influxdb
    server: "http://127.0.0.1:{self.port}"
    database: {database}
    allow_private: [127.0.0.0/8]
    since: {self.days[0]:%Y-%m-%d}
    metrics:
      visits: {{select: sum(count), from: visits, unit: visits}}
rules: [rules.yaml]
""")
        (self.folder / "rules.yaml").write_text("kpis:\n  visits: {value: plant.visits}\n")
        return subprocess.run([KPID, "run", "--once", "--config", "kpid.yaml"], cwd=self.folder, capture_output=True,
                              text=True, timeout=DEADLINE, check=False)

    def test_delivers_the_sums_of_days(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/query?" +
                                         urllib.parse.urlencode({"q": "CREATE DATABASE shop"}), data=b"", method="POST")
        urllib.request.urlopen(request, timeout=DEADLINE).close()
        points = [(self.days[0], 100), (self.days[0] + DAY / 2, 11), (self.days[2] + DAY / 4, 120)]
        self.post("/write?db=shop&precision=s",
                  "\n".join(f"visits count={count} {int(moment.timestamp())}" for moment, count in points))
        ended = self.run_kpid("shop")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        exported = subprocess.run([KPID, "history", "export", "visits", "--format", "json", "--config", "kpid.yaml"],
                                  cwd=self.folder, capture_output=True, text=True, check=False).stdout
        rows = json.loads(exported)
        rows = rows if isinstance(rows, list) else next(value for value in rows.values() if isinstance(value, list))
        found = {row["period"]["start"][:10]: row["value"] for row in rows}
        self.assertEqual([found.get(f"{day:%Y-%m-%d}") for day in self.days], [111, None, 120], exported)

    def test_an_error_with_status_200_is_an_error(self):
        ended = self.run_kpid("nowhere")
        self.assertEqual(ended.returncode, 3, ended.stdout + ended.stderr)
        self.assertIn("database not found: nowhere", ended.stdout + ended.stderr)


if __name__ == "__main__":
    KPID = sys.argv.pop()
    unittest.main()
