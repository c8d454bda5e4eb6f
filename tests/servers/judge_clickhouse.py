#!/usr/bin/env python3
"""A real ClickHouse delivers the aggregates of days (its 64-bit counts as texts), and says what is wrong with a query.

    python3 judge_clickhouse.py PATH_TO_kpid
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
import urllib.request

DEADLINE = 60  # seconds
DAY = datetime.timedelta(days=1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ClickHouseTest(unittest.TestCase):
    def setUp(self):
        program = shutil.which("clickhouse-server", path="/usr/sbin:/usr/bin:/usr/local/bin")
        self.assertTrue(program, "install the package clickhouse-server")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kpid-clickhouse-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        (self.folder / "users.xml").write_text("""<yandex>
  <profiles><default><max_memory_usage>1000000000</max_memory_usage></default></profiles>
  <users>
    <default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default>
    <kpid><password>s3cret</password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></kpid>
  </users>
  <quotas><default/></quotas>
</yandex>""")
        (self.folder / "config.xml").write_text(f"""<yandex>
  <logger><level>error</level><log>{self.folder}/log</log><errorlog>{self.folder}/errors</errorlog></logger>
  <listen_host>127.0.0.1</listen_host><http_port>{self.port}</http_port><tcp_port>{free_port()}</tcp_port>
  <path>{self.folder}/data/</path><tmp_path>{self.folder}/tmp/</tmp_path>
  <users_config>{self.folder}/users.xml</users_config><default_profile>default</default_profile>
  <default_database>default</default_database><mark_cache_size>5368709120</mark_cache_size><timezone>UTC</timezone>
</yandex>""")
        server = subprocess.Popen([program, f"--config-file={self.folder}/config.xml"], cwd=self.folder,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        waiter = subprocess.run(
            ["curl", "-s", "-f", "-o", "/dev/null", "--retry", "200", "--retry-delay", "1", "--retry-all-errors",
             "--retry-max-time", str(DEADLINE), f"http://127.0.0.1:{self.port}/ping"], check=False)
        self.assertEqual(waiter.returncode, 0, "ClickHouse did not become ready")
        today = datetime.datetime.now(datetime.timezone.utc).date()
        self.days = [today - DAY * back for back in (3, 2, 1)]
        self.query("CREATE TABLE orders (day Date, amount Float64) ENGINE = Memory")
        values = [(self.days[0], 100.5), (self.days[0], 11), (self.days[2], 120), (today, 7)]
        self.query("INSERT INTO orders VALUES " + ", ".join(f"('{day}', {amount})" for day, amount in values))

    def query(self, text):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", data=text.encode(), method="POST")
        urllib.request.urlopen(request, timeout=DEADLINE).close()

    def run_kpid(self, table, password="s3cret"):
        (self.folder / "kpid.yaml").write_text(f"""
sources:
  warehouse:
    plugin: clickhouse
    server: "http://127.0.0.1:{self.port}"
    user: kpid
    password: {password}
    table: {table}
    date_column: day
    allow_private: [127.0.0.0/8]
    since: {self.days[0]:%Y-%m-%d}
    metrics:
      orders: {{unit: orders}}
      revenue: {{value: sum(amount), unit: SEK}}
rules: [rules.yaml]
""")
        (self.folder / "rules.yaml").write_text(
            "kpis:\n  orders: {value: warehouse.orders}\n  revenue: {value: warehouse.revenue}\n")
        return subprocess.run([KPID, "run", "--once", "--config", "kpid.yaml"], cwd=self.folder, capture_output=True,
                              text=True, timeout=DEADLINE, check=False)

    def exported(self, kpi):
        text = subprocess.run([KPID, "history", "export", kpi, "--format", "json", "--config", "kpid.yaml"],
                              cwd=self.folder, capture_output=True, text=True, check=False).stdout
        rows = json.loads(text)
        rows = rows if isinstance(rows, list) else next(value for value in rows.values() if isinstance(value, list))
        found = {row["period"]["start"][:10]: row["value"] for row in rows}
        return [found.get(f"{day:%Y-%m-%d}") for day in self.days]

    def test_delivers_aggregates_and_says_what_is_wrong(self):
        ended = self.run_kpid("orders")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertEqual(self.exported("orders"), [2, None, 1])
        self.assertEqual(self.exported("revenue"), [111.5, None, 120])
        ended = self.run_kpid("nowhere")
        self.assertEqual(ended.returncode, 3, ended.stdout + ended.stderr)
        self.assertIn("Code: 60", ended.stdout + ended.stderr)
        ended = self.run_kpid("orders", "wr0ng-password")
        self.assertEqual(ended.returncode, 3, ended.stdout + ended.stderr)
        self.assertNotIn("wr0ng-password", ended.stderr.replace("a secret stands in the file", ""))


if __name__ == "__main__":
    KPID = sys.argv.pop()
    unittest.main()
