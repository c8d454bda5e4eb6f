#!/usr/bin/env python3
"""From a sample that crosses its limit to the POST: kpid beside Debian's Prometheus and Alertmanager, in turn, in one run.

    tests/bench/alerts.py PATH_TO_kpid [--only latency burst down kill] [--counts 1000 10000] [--outage 60]

Both look once a second and wait for nobody (`wait: 0s`, `group_wait: 0s`). kpid reads a CSV file that is replaced every
second, Prometheus scrapes the same values. Each line: what, who, and what the receiver saw. CPU is that of all processes of
the one that is measured; the receiver's is not counted.
  latency  100 of 1,000 series cross one by one, at random moments: from the sample to the POST that tells it
  burst    all cross at once: until all are told; a message each, and one group
  down     all cross while the receiver is down (no connection), which then comes back
  kill     all cross; kill -9 of the one that sends when three in ten are told, and a start one second later
"""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
NUMBER = re.compile(rb'"id":"(\d+)"')
GOOD, BAD = 100, 10


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World:
    """The values, an exporter of them, and a receiver of what is told."""

    def __init__(self, count):
        self.values = [GOOD] * count
        self.told = {}      # series -> when it was told first
        self.bodies = []    # what was posted
        self.arrived = threading.Condition()
        self.exporter, self.hook = free_port(), free_port()
        self.loop = asyncio.new_event_loop()
        self.receiver = None
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.call(asyncio.start_server(self.serve, "127.0.0.1", self.exporter, backlog=1024))
        self.open()

    def call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def open(self):
        self.receiver = self.call(asyncio.start_server(self.serve, "127.0.0.1", self.hook, backlog=1024))

    def shut(self):
        async def close(server):
            server.close()

        self.call(close(self.receiver))

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                if head.startswith(b"GET"):
                    answer = self.metrics()
                else:
                    answer = b""
                    self.take(body)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
                await writer.drain()
                if self.receiver and not self.receiver.is_serving() and not head.startswith(b"GET"):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def metrics(self):
        return "".join(f'kpi_value{{id="{i}"}} {value}\n' for i, value in enumerate(self.values)).encode()

    def take(self, body):
        now = time.monotonic()
        with self.arrived:
            self.bodies.append(body)
            if b"firing" in body:
                for number in NUMBER.findall(body):
                    self.told.setdefault(int(number), now)
            self.arrived.notify_all()

    def wait_for(self, count, limit):
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.told) >= count, limit)
            return len(self.told)

    def repeated(self):
        """How many times a series was told again that had been told."""
        seen, again = set(), 0
        for body in self.bodies:
            if b"firing" in body:
                numbers = set(NUMBER.findall(body))
                again += len(numbers & seen)
                seen |= numbers
        return again


class Process:
    def __init__(self, words, folder):
        self.words, self.folder = words, folder
        self.spent = 0.0
        self.start()

    def start(self):
        with open(self.folder / (pathlib.Path(self.words[0]).name + ".log"), "ab") as log:
            self.process = subprocess.Popen(self.words, cwd=self.folder, stdout=log, stderr=log)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return self.spent + (int(fields[11]) + int(fields[12])) / TICKS

    def kill(self):
        self.spent = self.cpu()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Kpid:
    name = "kpid"

    def __init__(self, program, world, grouped, folder):
        self.world, self.folder = world, folder
        folder.joinpath("kpid.yaml").write_text(f"""
history: sqlite:history.db
rules: [rules.yaml]
sources:
  web: {{plugin: csv, path: values.csv, every: 1s, grain: 1s, date: {{column: Time, format: "%Y-%m-%d %H:%M:%S"}}, labels: {{id: Id}},
        metrics: {{value: {{column: Value, kind: level}}}}}}
channels:
  hook: {{type: webhook, url: "http://127.0.0.1:{world.hook}/", allow_private: [127.0.0.0/8]}}
routes: [{{match: {{}}, to: [hook], wait: 0s, interval: 1s, group_by: [{"kpi" if grouped else "kpi, id"}]}}]
""")
        folder.joinpath("rules.yaml").write_text("""
kpis:
  kpi_value: {title: Value, value: web.value, split_by: [id], max_segments: 10000, thresholds: {warning: 50}, no_data: {then: hold}}
""".replace("web.value, split_by", "max(web.value), split_by"))
        self.stopped = threading.Event()
        self.write()
        self.writer = threading.Thread(target=self.write_on, daemon=True)
        self.writer.start()
        self.sender = Process([program, "run"], folder)
        self.processes = [self.sender]

    def write(self):
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - 1))
        part = self.folder / "values.part"
        part.write_text("Time,Id,Value\n" + "".join(f"{at},{i},{value}\n" for i, value in enumerate(self.world.values)))
        part.replace(self.folder / "values.csv")

    def write_on(self):
        while not self.stopped.wait(1 - time.time() % 1):
            self.write()

    def changed(self):
        pass

    def stop(self):
        self.stopped.set()
        self.writer.join()
        self.sender.stop()


class Prometheus:
    name = "Prometheus + Alertmanager"

    def __init__(self, _, world, grouped, folder):
        port, alerts = free_port(), free_port()
        folder.joinpath("prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alerts}"]}}]}}]}}
rule_files: [rules.yml]
scrape_configs: [{{job_name: world, static_configs: [{{targets: ["127.0.0.1:{world.exporter}"]}}]}}]
""")
        folder.joinpath("rules.yml").write_text("""
groups: [{name: all, rules: [{alert: Low, expr: kpi_value < 50, labels: {severity: warning}, annotations: {summary: "{{ $value }}"}}]}]
""")
        folder.joinpath("alertmanager.yml").write_text(f"""
route: {{receiver: hook, group_by: [{'alertname' if grouped else "'...'"}], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}
receivers: [{{name: hook, webhook_configs: [{{url: "http://127.0.0.1:{world.hook}/"}}]}}]
""")
        self.sender = Process(["prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=am", "--log.level=warn",
                               f"--web.listen-address=127.0.0.1:{alerts}", "--cluster.listen-address="], folder)
        self.rules = Process(["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn",
                              f"--web.listen-address=127.0.0.1:{port}"], folder)
        self.processes = [self.sender, self.rules]

    def stop(self):
        self.rules.stop()
        self.sender.stop()


def spread(times):
    times = sorted(times)
    return {"median_s": round(times[len(times) // 2], 2), "p99_s": round(times[int(len(times) * 0.99)], 2)}


def latency(world, subject, _):
    chosen = random.Random(1).sample(range(len(world.values)), 100)
    crossed = {}
    for number in chosen:
        time.sleep(random.uniform(0.02, 0.2))  # the load: crossings at any moment of a poll
        world.values[number] = BAD
        crossed[number] = time.monotonic()
    told = world.wait_for(len(chosen), 30)
    return {"told": told, **spread([world.told[number] - crossed[number] for number in chosen if number in world.told])}


def cross(world):
    world.values[:] = [BAD] * len(world.values)
    return time.monotonic()


def burst(world, subject, _):
    at = cross(world)
    told = world.wait_for(len(world.values), 240)
    last = max(world.told.values(), default=at)
    return {"told": told, "first_s": round(min(world.told.values(), default=at) - at, 2), "all_s": round(last - at, 2),
            "posts": len(world.bodies)}


def down(world, subject, options):
    world.shut()
    cross(world)
    time.sleep(options.outage)  # the load: so long the receiver is away
    at = time.monotonic()
    world.open()
    told = world.wait_for(len(world.values), 120)
    return {"told": told, "lost": len(world.values) - told, "after_up_s": round(max(world.told.values(), default=at) - at, 2),
            "repeated": world.repeated()}


def kill(world, subject, _):
    cross(world)
    world.wait_for(len(world.values) * 3 // 10, 60)
    subject.sender.kill()
    before = len(world.told)
    time.sleep(1)  # the load: so long the sender is away
    at = time.monotonic()
    subject.sender.start()
    told = world.wait_for(len(world.values), 120)
    last = max(world.told.values(), default=at)
    time.sleep(5)  # what is repeated comes now
    return {"before": before, "told": told, "lost": len(world.values) - told, "repeated": world.repeated(),
            "all_s": round(max(0.0, last - at), 2)}


def run(work, subject_type, program, count, grouped, options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kpid-alerts-"))
    world = World(count)
    subject = subject_type(program, world, grouped, folder)
    try:
        time.sleep(6)  # both have read the good values, and do nothing
        begun, spent = time.monotonic(), [process.cpu() for process in subject.processes]
        time.sleep(4)  # what doing nothing costs
        idle = (sum(process.cpu() for process in subject.processes) - sum(spent)) / (time.monotonic() - begun)
        begun, spent = time.monotonic(), sum(process.cpu() for process in subject.processes)
        figures = work(world, subject, options)
        wall = time.monotonic() - begun
        cpu = sum(process.cpu() for process in subject.processes) - spent
        figures["cpu_s"] = round(cpu, 2)
        figures["cpu_above_idle_s"] = round(cpu - idle * wall, 2)
    finally:
        subject.stop()
        if os.environ.get("KEEP"):
            print(folder, file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    kind = "one group" if grouped else "a message each"
    print(json.dumps({"what": work.__name__, "who": subject.name, "series": count, "as": kind, **figures}), flush=True)


def main():
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("kpid")
    reader.add_argument("--only", nargs="+", default=["latency", "burst", "down", "kill"])
    reader.add_argument("--counts", nargs="+", type=int, default=[1000, 10000])
    reader.add_argument("--outage", type=float, default=60)
    options = reader.parse_args()
    subjects = [Kpid] + ([Prometheus] if shutil.which("prometheus") and shutil.which("prometheus-alertmanager") else [])
    program = str(pathlib.Path(options.kpid).resolve())
    for name in options.only:
        work = {"latency": latency, "burst": burst, "down": down, "kill": kill}[name]
        counts = options.counts if name == "burst" else options.counts[:1]
        for count in counts:
            for grouped in ([False, True] if name == "burst" else [False]):
                for subject in subjects:
                    run(work, subject, program, count, grouped, options)


if __name__ == "__main__":
    main()
