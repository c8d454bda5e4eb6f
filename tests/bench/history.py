#!/usr/bin/env python3
"""What reports, the page and the history itself cost, beside plain SQL in the sqlite3 shell and a Prometheus block.

    tests/bench/history.py PATH_TO_kpid              all of it at full size; some minutes
    tests/bench/history.py PATH_TO_kpid --part 10    with a tenth of the KPIs: whether it works
    tests/bench/history.py PATH_TO_kpid --only page  one of: report page size

The first world has 200 KPIs over samples of five minutes for a quarter, judged by day; the second 10,000 KPIs with a value
a day. Every figure is printed with what it was measured on. A figure is never a test.
"""

import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

LOAD = str(pathlib.Path(__file__).with_name("load.py"))
DAY = datetime.timedelta(days=1)
FIRST, END = datetime.date(2026, 7, 1), datetime.date(2026, 10, 1)  # the third quarter of 2026
QUERY = """SELECT series_id, sum(value), count(value) FROM sample
WHERE slot >= unixepoch('2026-07-01') * 1000 AND slot < unixepoch('2026-10-01') * 1000 GROUP BY series_id;
SELECT line_id, word.text, count(*) FROM ledger JOIN word ON word.id = verdict
WHERE slot >= unixepoch('2026-07-01') * 1000 AND slot < unixepoch('2026-10-01') * 1000 GROUP BY line_id, word.text;
SELECT line_id, slot, value, limit_value FROM ledger
WHERE slot >= unixepoch('2026-07-01') * 1000 AND slot < unixepoch('2026-10-01') * 1000 ORDER BY line_id, slot;"""


def days(first, end):
    return [first + i * DAY for i in range((end - first).days)]


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class World:
    """A configuration, its data and its history, in a folder."""

    def __init__(self, kpid, name, kpis):
        self.kpid, self.kpis = kpid, kpis
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=f"kpid-bench-{name}-"))
        self.samples = 0
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]

    def configure(self, source, rule, live=0):
        """`live`: so many of the KPIs read a second file, live.csv, which is looked at every second."""
        metrics = ", ".join(f"m{i}: {{kind: flow}}" for i in range(self.kpis - live))
        changing = ", ".join(f"m{i}: {{kind: flow}}" for i in range(self.kpis - live, self.kpis))
        self.path.joinpath("kpid.yaml").write_text(
            f"history: sqlite:history.db\nlisten: 127.0.0.1:{self.port}\nrules: [rules.yaml]\n"
            f"sources:\n  web: {{{source}, metrics: {{{metrics}}}}}\n"
            + (f"  live: {{plugin: csv, path: live.csv, every: 1s, metrics: {{{changing}}}}}\n" if live else "") +
            "channels: {nobody: {type: console}}\nroutes: [{match: {}, to: [nobody]}]\n")
        self.path.joinpath("rules.yaml").write_text("kpis:\n" + "".join(
            f"  k{i}: {{title: KPI number {i}, owner: team {i % 17}, objective: Objective {i % 40}, value: {'web' if i < self.kpis - live else 'live'}.m{i}, {rule}, "
            "no_data: {then: hold}}\n" for i in range(self.kpis)))

    def write(self, name, stamps, value, kpis=None):
        kpis = kpis or range(self.kpis)
        with self.path.joinpath(name).open("w") as file:
            file.write("date," + ",".join(f"m{i}" for i in kpis) + "\n")
            for at, stamp in enumerate(stamps):
                file.write(stamp + "," + ",".join(str(value(i, at)) for i in kpis) + "\n")
        self.samples += len(stamps) * len(kpis)

    def run(self, *words):
        """The CPU seconds of a verb, its children and the system for it."""
        begin = cpu_of_children()
        done = subprocess.run([self.kpid, *words], cwd=self.path, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 3):
            raise SystemExit(f"kpid {' '.join(words)}: {done.stderr[-2000:]}")
        return cpu_of_children() - begin

    def sql(self):
        begin = cpu_of_children()
        subprocess.run(["sqlite3", "-readonly", "history.db", QUERY], cwd=self.path, stdout=subprocess.DEVNULL, check=True)
        return cpu_of_children() - begin

    def bytes(self):
        return sum(file.stat().st_size for file in self.path.glob("history.db*"))

    def drop(self):
        shutil.rmtree(self.path)


def five_minutes(kpid, kpis):
    """A quarter of samples every five minutes, judged by day."""
    world = World(kpid, "5m", kpis)
    chance = random.Random(1)
    world.configure("plugin: csv, path: web.csv, grain: 5m", "every: day, thresholds: {warning: 14000}")
    begin = datetime.datetime(2026, 7, 1)
    stamps = [(begin + datetime.timedelta(minutes=5 * i)).strftime("%Y-%m-%d %H:%M") for i in range(288 * (END - FIRST).days)]
    config = world.path / "kpid.yaml"
    config.write_text(config.read_text().replace("grain: 5m,", 'grain: 5m, date: {column: date, format: "%Y-%m-%d %H:%M"},'))
    world.write("web.csv", stamps, lambda _kpi, _at: chance.randint(20, 80))
    seconds = world.run("run", "--once", "--now", "2026-10-02")
    print(f"| import, {kpis} KPIs, {world.samples:,} samples of 5 minutes | {seconds:.1f} CPU s |  |")
    return world


def by_day(kpid, kpis, first):
    world = World(kpid, "day", kpis)
    chance = random.Random(2)
    live = kpis // 100
    world.configure("plugin: csv, path: web.csv, every: 1h", "thresholds: {warning: 30}", live)
    stamps, value = [str(day) for day in days(first, END)], lambda _kpi, _at: chance.randint(20, 80)
    world.write("web.csv", stamps, value, range(kpis - live))
    world.write("live.csv", stamps, value, range(kpis - live, kpis))
    seconds = world.run("run", "--once", "--now", "2026-10-02")
    print(f"| import, {kpis:,} KPIs, {world.samples:,} samples of a day | {seconds:.1f} CPU s |  |")
    return world


def report(world, what):
    for form in ("html", "json"):
        seconds = statistics.median(world.run("report", "--quarter", "2026-Q3", "--format", form, "--out", f"q3-{i}.{form}")
                                    for i in range(3))
        size = world.path.joinpath(f"q3-0.{form}").stat().st_size / 1e6
        sql = statistics.median(world.sql() for _ in range(3))
        print(f"| the quarter's report of {what}, {form}, {size:.1f} MB | {seconds:.2f} CPU s | the same rows by plain SQL: {sql:.2f} |")


def size(world, what):
    """The same samples as Prometheus blocks, before it compacts them."""
    text = world.path / "samples.om"
    with text.open("w") as file:
        rows = world.path.joinpath("web.csv").read_text().splitlines()
        stamps = [int(datetime.datetime.fromisoformat(row.split(",", 1)[0]).replace(tzinfo=datetime.timezone.utc).timestamp())
                  for row in rows[1:]]
        columns = list(zip(*(row.split(",")[1:] for row in rows[1:])))
        for i, column in enumerate(columns):
            file.write(f"# TYPE m{i} gauge\n")
            file.writelines(f"m{i} {value} {stamp}\n" for stamp, value in zip(stamps, column))
        file.write("# EOF\n")
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(world.path / "tsdb")], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    blocks = sum(file.stat().st_size for file in world.path.joinpath("tsdb").rglob("*") if file.is_file())
    world.run("history", "backup", "whole.db")
    rows = subprocess.run(["sqlite3", "whole.db", "SELECT (SELECT sum(pgsize) FROM dbstat WHERE name = 'sample'), "
                           "(SELECT sum(pgsize) FROM dbstat)"], cwd=world.path, capture_output=True, text=True, check=False)
    of_samples, whole = (int(number) for number in (rows.stdout.strip() or f"0|{world.bytes()}").split("|"))
    print(f"| history of {what} | {of_samples / world.samples:.1f} bytes a sample, {whole / world.samples:.1f} with ledger and "
          f"all else | Prometheus, blocks of two hours: {blocks / world.samples:.1f} bytes a sample |")


class Steps:
    """Another value every second for the last day of the KPIs of live.csv: a step each, in which they are judged anew."""

    def __init__(self, world):
        self.file, self.end = world.path / "live.csv", threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        chance = random.Random(3)
        *rows, last = self.file.read_text().splitlines()
        part = self.file.with_suffix(".part")
        while not self.end.wait(1):
            cells = last.split(",")
            part.write_text("\n".join([*rows, ",".join(cells[:1] + [str(chance.randint(20, 80)) for _ in cells[1:]])]) + "\n")
            part.replace(self.file)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.end.set()
        self.thread.join()


# What a browser asks for when it is shown the page for the first time.
FIRST_PAGE = ("/", "/app.css", "/uplot.css", "/uplot.js", "/words.js", "/app.js", "kpis?limit=0", "kpis?limit=50&spark=1")

CALLS = {
    "first page with charts": "kpis?limit=50&spark=1",
    "a search": "kpis?limit=50&spark=1&q=" + urllib.parse.quote("number 77"),
    "a state": "kpis?limit=50&spark=1&state=firing",
    "the last page": "kpis?limit=50&spark=1&offset=9950",
    "one KPI": "kpis/k42",
    "its history": "kpis/k42/history?segment=total",
    "alerts": "alerts",
    "status of all": "status",
    "metrics": "/metrics",
}


def page(world):
    daemon = subprocess.Popen([world.kpid, "run"], cwd=world.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{world.port}"

    def ask(path):
        begin = time.monotonic()
        with urllib.request.urlopen(base + (path if path.startswith("/") else "/api/v1/" + path), timeout=60) as answer:
            answer.read()
        return time.monotonic() - begin

    try:
        begin = time.monotonic()
        while True:
            try:
                ask("/readyz")
                break
            except OSError:
                if daemon.poll() is not None or time.monotonic() - begin > 600:
                    raise SystemExit("the daemon did not become ready") from None
                threading.Event().wait(0.05)
        print(f"| daemon of {world.kpis:,} KPIs, start to ready | {time.monotonic() - begin:.1f} s |  |")
        for name, path in CALLS.items():
            alone = sorted(ask(path) for _ in range(30))
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                loaded = sorted(pool.map(ask, [path] * 200))
            print(f"| {name} | {alone[15] * 1e3:.1f} ms, at worst {alone[-1] * 1e3:.1f} | 8 at once: {loaded[100] * 1e3:.1f} ms, "
                  f"19 of 20 within {loaded[190] * 1e3:.1f} |")
        with Steps(world):
            firsts = []
            for _ in range(10):
                threading.Event().wait(1.1)
                firsts.append(sum(ask(path) for path in FIRST_PAGE))
            print(f"| the first page, its files one after the other, {world.kpis // 100} KPIs change every second | "
                  f"{statistics.median(firsts) * 1e3:.0f} ms, at worst {max(firsts) * 1e3:.0f} |  |")
            load = json.loads(subprocess.run([sys.executable, LOAD, base, "--json"], stdout=subprocess.PIPE, check=True).stdout)
            print(f"| {load['requests']} requests, {load['a_second']:.0f} a second, {load['failed']} failed, meanwhile | median "
                  f"{load['median_ms']:.1f} ms, p99 {load['p99_ms']:.1f}, at worst {load['worst_ms']:.0f} |  |")
    finally:
        daemon.terminate()
        daemon.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kpid", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--part", type=int, default=1, help="so many times fewer KPIs")
    parser.add_argument("--only", choices=("report", "page", "size"), help="this one only")
    wanted = parser.parse_args()
    print("| work | kpid | beside |\n| --- | --- | --- |")
    if wanted.only in (None, "report", "size"):
        world = five_minutes(wanted.kpid, 200 // wanted.part)
        if wanted.only != "size":
            report(world, f"{world.kpis} KPIs over {world.samples:,} samples")
        if wanted.only != "report":
            size(world, f"{world.samples:,} samples of 5 minutes")
        world.drop()
    if wanted.only == "size":
        return
    world = by_day(wanted.kpid, 10_000 // wanted.part, FIRST - 92 * DAY)
    if wanted.only in (None, "report"):
        report(world, f"{world.kpis:,} daily KPIs")
        print(f"| explain one of {world.kpis:,} KPIs | {world.run('explain', 'k42'):.2f} CPU s |  |")
    if wanted.only in (None, "page"):
        page(world)
    world.drop()
    print(f"\n{datetime.date.today()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
          f"{json.dumps(subprocess.run([wanted.kpid, '--version'], capture_output=True, text=True, check=False).stdout.strip())}")


if __name__ == "__main__":
    main()
