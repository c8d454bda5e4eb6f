#!/usr/bin/env python3
"""A daemon with many rules, kpid beside Debian's Prometheus in turn, in one run: what polling, judging, a start, a start after
kill -9 and a reload cost, and the memory.

    tests/bench/watching.py PATH_TO_kpid [--kpis 10000] [--window 20]

Both poll the same values every five seconds from the same exporter and judge a rule for each of them every five seconds; 1 %
are below their limit. Each line is JSON: who, and the figures. CPU is that of the one that is measured; the exporter's is not
counted. What polling alone costs is measured first, without rules, and taken off what is said of judging.
"""

import argparse
import asyncio
import contextlib
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

from alerts import BAD, GOOD, Process, free_port

EVERY = 5  # seconds
RULES_A_FILE = 500


class World:
    """The values, as JSON for kpid and as an exposition for Prometheus."""

    def __init__(self, count):
        self.values = [BAD if i % 100 == 0 else GOOD for i in range(count)]
        self.port = free_port()
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(asyncio.start_server(self.serve, "127.0.0.1", self.port), loop).result(10)

    async def serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                is_json = head.startswith(b"GET /json")
                body = self.as_json() if is_json else self.as_exposition()
                kind = b"application/json" if is_json else b"text/plain"
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)) + body)
                await writer.drain()
        writer.close()

    def as_json(self):
        return json.dumps([[str(i), value] for i, value in enumerate(self.values)]).encode()

    def as_exposition(self):
        return "".join(f'kpi_value{{id="{i}"}} {value}\n' for i, value in enumerate(self.values)).encode()


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def wait_until(condition, what):
    """Looks again and again; two minutes at most."""
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"watching.py: {what} did not come within two minutes")
        time.sleep(0.01)


class Subject:
    """What both have in common: one process, which answers /metrics."""

    def __init__(self, words, ready, world, folder):
        self.words, self.ready, self.world, self.folder = words, ready, world, folder
        self.process = None

    def start(self):
        begun = time.monotonic()
        if self.process is None:
            self.process = Process(self.words, self.folder)
        else:
            self.process.start()
        self.wait_ready()
        return time.monotonic() - begun, self.process.cpu() - self.process.spent

    def wait_ready(self):
        def is_ready():
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                get(self.ready)
                return True
            return False  # its port is not open yet

        wait_until(is_ready, f"the readiness of {self.name}")

    def wait_for_more(self, metric, count):
        """Until the counter has grown by so much."""
        before = self.sum_of(metric)
        wait_until(lambda: self.sum_of(metric) >= before + count, f"{count} more of {metric}")

    def sum_of(self, metric):
        lines = get(self.metrics).splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((metric + "{", metric + " ")))

    def memory(self):
        lines = pathlib.Path(f"/proc/{self.process.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


class Kpid(Subject):
    name, judged, stored = "kpid", "kpid_periods_judged_total", "kpid_samples_total"

    def __init__(self, program, world, folder):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        super().__init__([program, "run"], url + "/readyz", world, folder)
        self.program, self.metrics = program, url + "/metrics"
        folder.joinpath("kpid.yaml").write_text(f"""
history: sqlite:history.db
listen: 127.0.0.1:{port}
rules: [rules*.yaml]
sources:
  web: {{plugin: http, every: {EVERY}s, grain: {EVERY}s, allow_private: [127.0.0.0/8], window: {{lookback_days: 0, first_days: 1, mature_after: 0s}},
        request: {{url: "http://127.0.0.1:{world.port}/json"}}, rows: {{kind: records, path: "", date: window}}, labels: {{id: "/0"}},
        metrics: {{value: {{column: "/1", kind: level}}}}}}
""")

    def write_rules(self, count, salt):
        for old in self.folder.glob("rules*.yaml"):
            old.unlink()
        if count == 0:
            self.folder.joinpath("rules.yaml").write_text(
                "kpis: {one: {title: One, value: 'max(web.value{id=\"0\"})', every: hour, no_data: {then: hold}}}\n")
        for first in range(0, count, RULES_A_FILE):
            self.write_file(first, min(first + RULES_A_FILE, count), salt)

    def write_file(self, first, end, salt):
        self.folder.joinpath(f"rules{first:06}.yaml").write_text("kpis:\n" + "".join(
            f"  k{i}: {{title: KPI {i} is below its limit {salt}, value: 'max(web.value{{id=\"{i}\"}})', every: {EVERY}s, "
            "thresholds: {warning: 50, for: 60s}, no_data: {then: hold}}\n" for i in range(first, end)))

    def reload(self):
        begun = time.monotonic()
        subprocess.run([self.program, "reload"], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - begun


class Prometheus(Subject):
    name, judged, stored = "Prometheus", "prometheus_rule_evaluations_total", "prometheus_tsdb_head_samples_appended_total"

    def __init__(self, _, world, folder):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        super().__init__(["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn",
                          f"--web.listen-address=127.0.0.1:{port}"], url + "/-/ready", world, folder)
        self.metrics = url + "/metrics"
        folder.joinpath("prometheus.yml").write_text(f"""
global: {{scrape_interval: {EVERY}s, scrape_timeout: {EVERY}s, evaluation_interval: {EVERY}s}}
rule_files: [rules*.yml]
scrape_configs: [{{job_name: world, static_configs: [{{targets: ["127.0.0.1:{world.port}"]}}]}}]
""")

    def write_rules(self, count, salt):
        for old in self.folder.glob("rules*.yml"):
            old.unlink()
        for first in range(0, count, RULES_A_FILE):  # groups run in parallel
            self.write_file(first, min(first + RULES_A_FILE, count), salt)

    def write_file(self, first, end, salt):
        rules = "".join(f"""
  - alert: Low
    expr: kpi_value{{id="{i}"}} < 50
    for: 60s
    labels: {{severity: warning, id: "{i}"}}
    annotations: {{summary: "KPI {i} is below its limit {salt}"}}""" for i in range(first, end))
        self.folder.joinpath(f"rules{first:06}.yml").write_text(f"groups:\n- name: g{first}\n  rules:{rules}\n")

    def loaded(self):
        return self.sum_of("prometheus_config_last_reload_success_timestamp_seconds")

    def reload(self):
        before = self.loaded()
        time.sleep(max(0.0, 1 - (time.time() - before)))  # the time that it says is in whole seconds
        begun = time.monotonic()
        self.process.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.loaded() > before, "the reload of Prometheus")
        return time.monotonic() - begun


def window(subject, seconds):
    """What the subject does in so many seconds: CPU, samples, periods judged, a second each."""
    begun = time.monotonic()
    before = [subject.process.cpu(), subject.sum_of(subject.stored), subject.sum_of(subject.judged)]
    time.sleep(seconds)  # the load: what comes by itself
    after = [subject.process.cpu(), subject.sum_of(subject.stored), subject.sum_of(subject.judged)]
    took = time.monotonic() - begun
    return [(b - a) / took for a, b in zip(before, after)]


def measure(subject, count, seconds):
    figures = {}
    subject.write_rules(0, 0)
    subject.start()
    subject.wait_for_more(subject.stored, 2 * count)  # two polls
    polling, samples, _ = window(subject, seconds)
    subject.write_rules(count, 0)
    subject.reload()
    subject.wait_for_more(subject.judged, 2 * count)  # all of them, the first time too
    cores, _, judged = window(subject, seconds)
    figures["us_a_sample"] = polling / samples * 1e6
    figures["us_a_kpi"] = (cores - polling) / judged * 1e6
    figures["cores"] = cores
    figures["memory_mib"] = subject.memory()
    for name, write in (("all", lambda: subject.write_rules(count, 1)),
                        ("one_file", lambda: subject.write_file(0, min(RULES_A_FILE, count), 2))):
        write()
        spent = subject.process.cpu()
        figures[f"reload_{name}_s"] = subject.reload()
        figures[f"reload_{name}_cpu_s"] = subject.process.cpu() - spent
    subject.wait_for_more(subject.judged, count)  # a step with the new rules
    subject.process.kill()
    figures["start_after_kill_s"], figures["start_after_kill_cpu_s"] = subject.start()
    subject.process.stop()
    return figures


def first_start(subject, count):
    subject.write_rules(count, 0)
    figures = dict(zip(("start_s", "start_cpu_s"), subject.start()))
    subject.process.stop()
    figures["start_unchanged_s"], figures["start_unchanged_cpu_s"] = subject.start()
    subject.process.stop()
    return figures


def main():
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("kpid", type=pathlib.Path)
    reader.add_argument("--kpis", type=int, default=10_000)
    reader.add_argument("--window", type=float, default=20)
    options = reader.parse_args()
    world = World(options.kpis)
    for kind in [Kpid] + ([Prometheus] if shutil.which("prometheus") else []):
        figures = {"who": kind.name, "kpis": options.kpis}
        for work in (lambda it: first_start(it, options.kpis), lambda it: measure(it, options.kpis, options.window)):
            with tempfile.TemporaryDirectory(prefix="kpid-watching-") as folder:
                subject = kind(str(options.kpid.resolve()), world, pathlib.Path(folder))
                try:
                    figures |= work(subject)
                finally:
                    if subject.process is not None and subject.process.process.poll() is None:
                        subject.process.stop()
        print(json.dumps({key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}),
              flush=True)


if __name__ == "__main__":
    main()
