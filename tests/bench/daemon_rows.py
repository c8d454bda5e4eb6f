"""Rows of tests/bench/run that need a daemon: each is measured by a program of its own, which can be called alone too."""

import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def call(program, *words):
    """What it printed; nothing when it failed, which is said."""
    print(f"{program} …", file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, HERE / program, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"tests/bench/{program} failed: {done.stderr[-1000:]}", file=sys.stderr)
        return []
    return done.stdout.splitlines()


def watching(table, kpid, is_quick):
    figures = [json.loads(line) for line in call("watching.py", kpid, *(("--kpis", 500, "--window", 6) if is_quick else ()))]
    if not figures:
        return
    own, peer = figures[0], figures[1] if len(figures) > 1 else {}
    work = f"{own['kpis']:,} rules of {own['kpis']:,} values, every 5 s"
    name = peer.get("who", "Prometheus is not installed")
    for row, most, what, key, unit in (
            (1, 1 / 20, "a KPI judged, a rule each", "us_a_kpi", "us"),
            (3, 1, "a sample polled and stored", "us_a_sample", "us"),
            (6, 1 / 2, "memory", "memory_mib", "MiB"),
            (7, 1 / 2, "start to ready, CPU", "start_cpu_s", "s"),
            (7, 1 / 5, "… with files unchanged since, CPU", "start_unchanged_cpu_s", "s"),
            (7, 1 / 2, "… after kill -9, CPU", "start_after_kill_cpu_s", "s"),
            (8, 1 / 2, "reload of all rules changed, CPU", "reload_all_cpu_s", "s"),
            (16, 1 / 10, "polled and judged, nothing else", "cores", "cores")):
        table.plain(f"{work}: {what}", own[key], unit, name, peer.get(key, ""), (row, most) if peer else None)
    table.plain(f"{work}: reload of one file of 500", own["reload_one_file_s"], "s, wall", name, "", (8, 0.1))


def alerts(table, kpid, is_quick):
    lines = call("alerts.py", kpid, *(("--counts", 100, "--outage", 3) if is_quick else ()))
    figures = {}
    for line in map(json.loads, lines):
        figures.setdefault((line["what"], line["series"], line["as"]), []).append(line)
    for (what, series, kind), sides in figures.items():
        own, peer = sides[0], sides[1] if len(sides) > 1 else None
        work, name = f"{series:,} alerts, {kind}", peer["who"] if peer else "not installed"

        def add(text, key, unit, goal=None, is_ratio=True):
            its = peer[key] if peer else ""
            if is_ratio or peer is None:
                table.plain(f"{work}: {text}", own[key], unit, name, its, goal)
            else:
                table.plain(f"{work}: {text}", own[key], f"{unit}; it: {its}", name, "", goal)

        if what == "latency":
            # The goal counts from the poll that saw it: what is measured has the wait for that poll with it, and is not judged.
            its = f"; it: {peer['p99_s']}" if peer else ""
            table.plain(f"{work}: sample to POST, p99, with the wait for the next poll", str(own["p99_s"]), "s, wall" + its, name,
                        goal=(9, 0))
        elif what == "burst" and kind == "one group":
            add("until all are told", "all_s", "s, wall", (10, 1), is_ratio=False)
        elif what == "burst":
            add("until all are told", "all_s", "s, wall", (10, 1 / 2) if peer else None)
            add("CPU", "cpu_above_idle_s", "s", (10, 1 / 4) if peer else None)
        else:
            event = "the receiver was away" if what == "down" else "kill -9 of the sender"
            add(f"{event}: lost", "lost", "alerts", (11, 0), is_ratio=False)
            add(f"{event}: told twice", "repeated", "alerts", is_ratio=False)


def http(table, kpid, is_quick):
    for line in call("http_sources.py", kpid, *((100,) if is_quick else ())):
        found = re.match(r"(\d+) sources of 500 ms: ([\d.]+) s in all, (\d+) MiB at most; curl, 300 at once: ([\d.]+) s", line)
        if found:
            table.plain(f"{int(found[1]):,} HTTP sources of 500 ms, one round with its start", float(found[2]),
                        f"s, wall; curl, 300 at once: {found[4]}", goal=(14, 1.2))


def history(table, kpid, is_quick):
    rows = {"history of": 5, "the quarter's report": 12, "the first page": 18, "first page": 18}
    for line in call("history.py", kpid, *(("--part", 20) if is_quick else ())):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] not in ("work", "---"):
            row = next((row for begin, row in rows.items() if cells[0].startswith(begin)), None)
            row = 18 if row is None and "requests" in cells[0] else row
            table.plain(cells[0], cells[1], cells[2], goal=(row, 0) if row else None)
