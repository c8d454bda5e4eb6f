#!/usr/bin/env python3
"""A real website's days through the real program: day by day and in one go the ledger is the same, and every value in
it is what SQL makes of the file."""

import csv
import datetime
import itertools
import shutil
import sqlite3
import sys
import unittest

import world
from world import Folder

SOURCE = world.SHARED_DATA / "website-visitors-daily.csv"
FIRST, LAST = datetime.date(2014, 9, 14), datetime.date(2015, 2, 10)

# By KPI: every period's first day and value, from the days up to the last one.
QUERIES = {
    "visitors": "SELECT day, visitors FROM web",
    "page_loads": "SELECT day, loads FROM web",
    "pages_per_visit": "SELECT day, loads * 1.0 / visitors FROM web",
    "returning_share": """SELECT a.day, sum(b.back) * 1.0 / (sum(b.new) + sum(b.back)) FROM web AS a
                          JOIN web AS b ON b.day BETWEEN date(a.day, '-6 days') AND a.day
                          GROUP BY a.day HAVING count(*) = 7""",
    "visitors_per_week": """SELECT date(day, '-6 days', 'weekday 1') AS week, avg(visitors) FROM web
                            GROUP BY week HAVING count(*) = 7""",
    "page_loads_per_week": """SELECT date(day, '-6 days', 'weekday 1') AS week, sum(loads) FROM web
                              GROUP BY week HAVING count(*) = 7""",
    "new_visitors_per_month": """SELECT date(day, 'start of month') AS month, sum(new) FROM web
                                 GROUP BY month
                                 HAVING count(*) = strftime('%d', date(month, '+1 month', '-1 day')) * 1""",
    "loyal_reading": """SELECT a.day, a.loads * 1.0 / a.visitors * sum(b.back) / (sum(b.new) + sum(b.back)) FROM web AS a
                        JOIN web AS b ON b.day BETWEEN date(a.day, '-6 days') AND a.day
                        GROUP BY a.day HAVING count(*) = 7""",
}


def number(text):
    return int(text.replace(",", ""))


def read_days():
    with SOURCE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = datetime.datetime.strptime(row["Date"], "%m/%d/%Y").date()
            yield (str(day), number(row["Page.Loads"]), number(row["Unique.Visits"]),
                   number(row["First.Time.Visits"]), number(row["Returning.Visits"]))


class Website(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.folders = {}
        for name in ("day by day", "in one go"):
            cls.folders[name] = cls.make_folder()
        for day in world.days(FIRST, LAST):
            cls.play(cls.folders["day by day"], day)
        cls.play(cls.folders["in one go"], LAST)
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE web(day, loads, visitors, new, back)")
        database.executemany("INSERT INTO web VALUES(?, ?, ?, ?, ?)", (d for d in read_days() if d[0] <= str(LAST)))
        cls.expected = {kpi: dict(database.execute(sql)) for kpi, sql in QUERIES.items()}

    @classmethod
    def make_folder(cls):
        folder = Folder(cls.cleaner())
        shutil.copytree(world.HERE / "website", folder.path, dirs_exist_ok=True)
        shutil.copy(SOURCE, folder.path)
        return folder

    @classmethod
    def cleaner(cls):
        """A class cleans up after its last test."""
        class Cleaner:
            addCleanup = staticmethod(cls.addClassCleanup)
        return Cleaner()

    @staticmethod
    def play(folder, day):
        done = folder.once(f"{day + datetime.timedelta(days=1)} 00:00")
        if done.returncode != 0:
            raise AssertionError(f"{day}: {done.returncode}\n{done.stdout}{done.stderr}")

    def values(self, kpi):
        return dict(self.folders["in one go"].rows(
            "SELECT day, value FROM kpi_value WHERE kpi = ? AND value IS NOT NULL", kpi))

    def test_day_by_day_and_in_one_go_write_the_same_ledger(self):
        by_day, at_once = (self.folders[name].ledger() for name in ("day by day", "in one go"))
        self.assertGreater(len(at_once), 5 * 140)
        self.assertEqual(by_day, at_once)

    def test_day_by_day_and_in_one_go_have_the_same_episodes(self):
        by_day, at_once = (self.folders[name].episodes() for name in ("day by day", "in one go"))
        self.assertEqual({"thresholds", "target", "sudden drop"}, {row[2] for row in at_once})
        self.assertEqual(by_day, at_once)

    def test_every_value_is_what_sql_makes_of_the_file(self):
        for kpi, expected in self.expected.items():
            with self.subTest(kpi):
                got = self.values(kpi)
                self.assertEqual(sorted(expected), sorted(got))
                for day, value in expected.items():
                    self.assertLessEqual(abs(got[day] - value), 1e-9 * abs(value), f"{kpi} on {day}")

    def test_every_verdict_on_page_loads_follows_from_its_limit(self):
        loads = self.expected["page_loads"]
        rows = self.folders["in one go"].rows(
            "SELECT day, limit_value, verdict, severity FROM verdict WHERE kpi = 'page_loads'")
        seen = set()
        for day, limit, verdict, severity in rows:
            before = loads.get(str(datetime.date.fromisoformat(day) - datetime.timedelta(days=7)))
            if before is None:
                self.assertEqual((None, "recorded", "none"), (limit, verdict, severity), day)
                continue
            expected = ("missed", "critical") if loads[day] < 0.5 * before else \
                       ("missed", "warning") if loads[day] < 0.9 * before else ("met", "none")
            self.assertAlmostEqual(0.9 * before, limit, delta=1e-9 * before)
            self.assertEqual(expected, (verdict, severity), day)
            seen.add(expected)
        self.assertEqual({("met", "none"), ("missed", "warning"), ("missed", "critical")}, seen)

    def test_the_episodes_of_page_loads_are_its_runs_of_missed_days(self):
        rows = self.folders["in one go"].rows(
            "SELECT period_start, verdict FROM verdict WHERE kpi = 'page_loads' ORDER BY slot")
        runs = []
        for verdict, run in itertools.groupby(rows, key=lambda row: row[1] == "missed"):
            if verdict:
                runs.append(next(run)[0])
        episodes = self.folders["in one go"].rows(
            "SELECT since FROM alert_episode WHERE kpi = 'page_loads' AND rule = 'thresholds' ORDER BY since")
        self.assertEqual(runs, [row[0] for row in episodes])
        self.assertGreaterEqual(len(runs), 3)

    def test_the_targets_path_is_the_formulas(self):
        start, end = datetime.date(2014, 10, 1), datetime.date(2015, 4, 1)
        rows = self.folders["in one go"].rows(
            "SELECT day, expected, goal, target_status FROM verdict WHERE kpi = 'visitors'")
        visitors = self.expected["visitors"]
        self.assertEqual({"not_started", "on_track", "at_risk", "off_track"}, {row[3] for row in rows})
        for text, expected, goal, status in rows:
            day = datetime.date.fromisoformat(text)
            if day < start:
                self.assertEqual((None, 3000, "not_started"), (expected, goal, status), text)
                continue
            share = (day + datetime.timedelta(days=1) - start).days / (end - start).days
            path = 1000 * 3 ** share
            self.assertEqual(3000, goal)
            self.assertLessEqual(abs(path - expected), 1e-9 * path, text)
        self.assertEqual(len(visitors), len(rows))

    def test_a_weekly_sum_of_daily_uniques_is_an_error_that_explains_itself(self):
        folder = self.make_folder()
        rules = folder.path / "rules.yaml"
        rules.write_text(rules.read_text().replace("value: avg(web.visitors)", "value: sum(web.visitors)"))
        done = folder.run("check")
        self.assertEqual(1, done.returncode)
        line = next(i for i, text in enumerate(rules.read_text().split("\n"), 1) if "sum(web.visitors)" in text)
        self.assertEqual(("", f"""rules.yaml:{line}:16: error: web.visitors is a unique count (kind: distinct): that of 1 week is \
not the sum of its days, because who came twice would count twice
  {line} |     value: sum(web.visitors)
     |                ^~~~~~~~~~~~
  help: write avg(web.visitors) for the mean of a day, or let the source deliver unique counts per 1 week
1 error, 0 warnings
"""), (done.stdout, done.stderr))


if __name__ == "__main__":
    if not SOURCE.is_file():
        print(f"SKIPPED: the real data is not there: {SOURCE}; KPI_SHARED_DATA names its folder", file=sys.stderr)
        sys.exit(77)
    world.main()
