#!/usr/bin/env python3
"""Backtest equals live, at size: five-minute data over a hundred rules, recorded a piece at a time with gaps, a value
corrected days later, a changed rule, a silence and a mute; then the record is played again. KPI_BACKTEST_DAYS says how
many days: with 90 it is 2.6 million evaluations."""

import contextlib
import datetime
import json
import math
import os
import random
import sqlite3
import unittest

import world

DAYS = int(os.environ.get("KPI_BACKTEST_DAYS", "4"))
RULES = int(os.environ.get("KPI_BACKTEST_RULES", "100"))
STEP = datetime.timedelta(minutes=5)
START = datetime.datetime(2026, 3, 1)  # the clock is moved on the 29th
COLUMNS = 10


def value_of(column, at, noise):
    hours = (at - START).total_seconds() / 3600
    return round(100 + 30 * math.sin(hours / 24 * 2 * math.pi + column) + noise.gauss(0, 4 + column), 2)


class Machine:
    """Writes the source's file row by row, as an exporter does, and runs kpid after each piece."""

    def __init__(self, folder):
        self.folder = folder
        self.noise = random.Random(14)
        self.at = START
        self.rows = []
        folder.path.joinpath("data.csv").touch()

    def write_until(self, end):
        while self.at < end:
            row = [value_of(column, self.at, self.noise) for column in range(COLUMNS)]
            is_gap = self.noise.random() < 0.002
            cells = ["" if self.noise.random() < 0.001 else str(value) for value in row]
            if not is_gap:
                self.rows.append([self.at.strftime("%Y-%m-%d %H:%M"), *cells])
            self.at += STEP
        self.save()

    def correct(self, at):
        """What was delivered days ago was wrong."""
        row = next(row for row in self.rows if row[0] == at.strftime("%Y-%m-%d %H:%M"))
        row[1:] = ["7"] * COLUMNS

    def save(self):
        head = ",".join(["Date", *(f"m{column}" for column in range(COLUMNS))])
        self.folder.write("data.csv", "\n".join([head, *(",".join(row) for row in self.rows)]) + "\n")


def rules(first_limit):
    """A hundred of them: limits, hysteresis, patience, conditions with windows of their own, KPIs of KPIs."""
    lines = ["kpis:"]
    for i in range(RULES):
        column = i % COLUMNS
        limit = first_limit if i == 0 else 70 + i % 17
        value = f"m.m{column}" if i < RULES - 10 else f"k{i - 50} + m.m{column}"
        lines.append(f"  k{i}:")
        lines.append(f"    value: {value}")
        lines.append("    every: 5m")
        lines.append(f"    no_data: {{after: {5 + 5 * (i % 3)}m}}")
        if i % 4 == 3:
            lines.append(f"    alerts: [{{name: drop, when: 'value < 0.7 * avg(value, 1h)', for: {5 * (i % 4)}m}}]")
        else:
            lines.append(f"    thresholds: {{warning: {limit}, critical: {limit - 8}, for: {5 * (i % 5)}m, "
                         f"recover: {limit + i % 3}, recover_for: {5 * (i % 3)}m}}")
    return "\n".join(lines) + "\n"


CONFIG = """
timezone: Europe/Stockholm
history: sqlite:history.db
rules: [rules.yaml]
calendar: {events: {fair: [2026-03-03, 2026-03-10]}}
sources:
  m: {plugin: csv, path: data.csv, grain: 5m, timezone: Europe/Stockholm,
      date: {column: Date, format: "%Y-%m-%d %H:%M"}, metrics: {METRICS}}
channels:
  hook: {type: webhook, url: "URL/", secret: "${env:HOOK_SECRET}", allow_private: [127.0.0.0/8]}
mutes: {nights: {start: "22:00", end: "06:00"}}
routes: [{match: {}, to: [hook], group_by: [], mute: [nights], repeat: 0}]
"""


class BacktestEqualsLive(unittest.TestCase):
    def setUp(self):
        self.receiver = world.Receiver(self)
        self.folder = world.Folder(self)
        metrics = "{" + ", ".join(f"m{column}: {{kind: level}}" for column in range(COLUMNS)) + "}"
        self.folder.write("kpid.yaml", CONFIG.replace("{METRICS}", metrics).replace("URL", self.receiver.url))
        self.folder.write("rules.yaml", rules(75))
        self.end = START + datetime.timedelta(days=DAYS)

    def live(self):
        """Every eight hours, later every two days; more often for a while, and once not for two days."""
        machine = Machine(self.folder)
        at = START
        while at < self.end:
            day = (at - START).days
            hours = 2 if day == 1 else 48 if day == 2 or day > 9 else 8
            at = min(at + datetime.timedelta(hours=hours), self.end)
            machine.write_until(at)
            if (at - START).days in (3, 4):
                machine.correct(START + datetime.timedelta(hours=9))
                machine.save()
            done = self.folder.once(at.strftime("%Y-%m-%d %H:%M"))
            self.assertEqual(0, done.returncode, done.stderr)

    def backtest(self, *words):
        began = datetime.datetime.now()
        process = self.folder.start("backtest", "--from", str(START), "--to", str(self.end), "--json", *words,
                                    stdout=-1, stderr=-1, text=True)
        out, err = process.communicate(timeout=1800)
        self.assertEqual(0, process.returncode, err)
        return out, (datetime.datetime.now() - began).total_seconds()

    def test_the_recorded_episodes_come_again_to_the_second(self):
        self.live()
        requests = len(self.receiver.messages)
        first, seconds = self.backtest()
        found = json.loads(first)
        recorded = self.folder.rows("""SELECT kpi, rule, severity, since, pending, firing, resolved FROM alert_episode
                                       WHERE firing IS NOT NULL""")
        self.assertGreater(len(recorded), RULES)
        keys = ("kpi", "rule", "severity", "since", "pending", "firing", "resolved")
        listed = [tuple(one[key] for key in keys) for one in found["episodes"]]
        self.assertEqual(sorted(recorded, key=str), sorted(listed, key=str))
        self.assertEqual(requests, len(self.receiver.messages), "it called somebody")
        second, _ = self.backtest()
        self.assertEqual(first, second)
        print(f"{found['evaluations']} evaluations, {len(recorded)} episodes, {seconds:.1f} s")
        self.folder.write("try.yaml", rules(95))
        other, _ = self.backtest("--rules", "try.yaml")
        changes = json.loads(other)["changes"]
        self.assertTrue(changes)
        self.assertEqual({"k0"}, {(change["after"] or change["before"])["kpi"] for change in changes})


OLD_CONFIG = """
history: sqlite:history.db
rules: [rules.yaml]
sources: {web: {plugin: csv, path: web.csv, metrics: {visits: {}}}}
"""


class AHistoryThatIsNotWhole(unittest.TestCase):
    """What cannot be judged as it was is said, and the rest is judged."""

    def setUp(self):
        self.folder = world.Folder(self)
        self.folder.write("kpid.yaml", OLD_CONFIG)
        days = [f"2026-03-{day:02},{day}\n" for day in range(1, 20)]
        self.folder.write("web.csv", "Date,visits\n" + "".join(days))
        for day, limit in ((5, 2), (10, 4)):
            self.folder.write("rules.yaml", f"kpis: {{k: {{value: web.visits, thresholds: {{warning: {limit}}}}}}}\n")
            self.assertEqual(0, self.folder.once(f"2026-03-{day:02}T06:00:00Z").returncode)

    def change(self, sql):
        with contextlib.closing(sqlite3.connect(self.folder.history)) as database, database:
            database.execute(sql)

    def backtest(self):
        done = self.folder.run("backtest", "--from", "2026-03-01", "--to", "2026-03-11")
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stderr

    def test_an_older_kpid_kept_no_whole_rules(self):
        self.assertEqual("", self.backtest())
        self.change("DELETE FROM definition_text")
        self.assertEqual("kpid: an older kpid, which kept no whole rules, wrote the history: judged by those of now\n",
                         self.backtest())
        self.folder.once("2026-03-12T06:00:00Z")
        self.assertIn("kpid: until 2026-03-12 an older kpid, which kept no whole rules, wrote the history: judged by "
                      "those of that day, although edited before are k\n", self.backtest())

    def test_a_text_that_does_not_load(self):
        self.change("UPDATE definition_text SET text = '{\"value\": [' WHERE id = 1")
        self.assertIn("kpid: k as it was on 2026-03-05 is left out, for it does not load with the sources and the "
                      "calendar of now: ", self.backtest())


if __name__ == "__main__":
    world.main()
