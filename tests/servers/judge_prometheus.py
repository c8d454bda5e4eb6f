#!/usr/bin/env python3
"""A real Prometheus, filled by promtool with days whose values are known, delivers exactly those through the connector.

    python3 judge_prometheus.py PATH_TO_kpid
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

DEADLINE = 60  # seconds
DAY = datetime.timedelta(days=1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class PrometheusTest(unittest.TestCase):
    def setUp(self):
        for program in ("prometheus", "promtool"):
            self.assertTrue(shutil.which(program), "install the package prometheus")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kpid-prometheus-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        self.days = [self.today - DAY * back for back in range(5, 0, -1)]
        self.fill()
        self.port = free_port()
        self.start()

    def fill(self):
        """One sample at noon of each day: 100, 101, … of shop a, and half of it of shop b but for the last day."""
        lines = ["# TYPE orders gauge"]
        for shop in ("a", "b"):
            for i, day in enumerate(self.days):
                if shop == "a" or i < 4:
                    value = (100 + i) * (1 if shop == "a" else 0.5)
                    lines.append(f'orders{{shop="{shop}"}} {value} {int((day + DAY / 2).timestamp())}')
        (self.folder / "orders.txt").write_text("\n".join(lines) + "\n# EOF\n")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "orders.txt", "data"], cwd=self.folder,
                       check=True, stdout=subprocess.DEVNULL)
        (self.folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")

    def start(self):
        server = subprocess.Popen(
            ["prometheus", f"--web.listen-address=127.0.0.1:{self.port}", "--config.file=prometheus.yml",
             "--storage.tsdb.path=data", "--storage.tsdb.retention.time=365d"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        waiter = subprocess.run(
            ["curl", "-s", "-f", "-o", "/dev/null", "--retry", "200", "--retry-delay", "1", "--retry-all-errors",
             "--retry-max-time", str(DEADLINE), f"http://127.0.0.1:{self.port}/-/ready"], check=False)
        self.assertEqual(waiter.returncode, 0, "Prometheus did not become ready")

    def run_kpid(self, *words):
        return subprocess.run([KPID, *words, "--config", "kpid.yaml"], cwd=self.folder, capture_output=True,
                              text=True, check=False)

    def test_delivers_the_days_that_were_filled_in(self):
        (self.folder / "kpid.yaml").write_text(f"""
sources:
  machines:
    plugin: prometheus
    server: "http://127.0.0.1:{self.port}"
    allow_private: [127.0.0.0/8]
    labels: {{shop: shop}}
    since: {self.days[0]:%Y-%m-%d}
    metrics:
      orders: {{query: "sum by (shop) (sum_over_time(orders[1d]))", unit: orders}}
rules: [rules.yaml]
""")
        (self.folder / "rules.yaml").write_text("kpis:\n  orders: {value: machines.orders, split_by: [shop]}\n")
        ended = self.run_kpid("run", "--once")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        text = self.run_kpid("history", "export", "orders", "--format", "json").stdout
        rows = json.loads(text)
        rows = rows if isinstance(rows, list) else next(v for v in rows.values() if isinstance(v, list))
        found = {}
        for row in rows:
            shop = (row.get("segment") or {}).get("shop")
            if shop and row.get("value") is not None:
                found[(shop, row["period"]["start"][:10])] = row["value"]
        wanted = {("a", f"{day:%Y-%m-%d}"): 100 + i for i, day in enumerate(self.days)}
        wanted |= {("b", f"{day:%Y-%m-%d}"): (100 + i) / 2 for i, day in enumerate(self.days[:4])}
        self.assertEqual(found, wanted, text)


if __name__ == "__main__":
    KPID = sys.argv.pop()
    unittest.main()
