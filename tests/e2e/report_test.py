#!/usr/bin/env python3
"""A report's figures are those that anybody can work out from the file: sums, ratios of sums, means, periods met and
missed, alerts, how long it took to notice and to recover; and every format says the same.

Made-up days of a website with its gaps, and the real website's where its file is at hand."""

import csv
import datetime
import io
import json
import random
import unittest

import world
from world import Folder

REAL = world.SHARED_DATA / "website-visitors-daily.csv"
DAY = datetime.timedelta(days=1)
CONFIGURATION = """history: sqlite:history.db
rules: [rules.yaml]
sources:
  web:
    plugin: csv
    path: web.csv
    metrics: {loads: {kind: flow, unit: pages}, visitors: {kind: distinct, unit: visitors}, new: {kind: flow}, back: {kind: flow}}
channels: {nobody: {type: exec, command: [/bin/true]}}
routes: [{match: {}, to: [nobody]}]
"""
RULES = """kpis:
  loads:
    {title: Pages, owner: growth, value: web.loads, thresholds: {warning: %d, for: 2 days}, no_data: {then: hold}}
  visitors: {title: Visitors, owner: growth, value: web.visitors, no_data: {then: hold}}
  returning: {title: Share that returns, unit: "%%", value: web.back / (web.new + web.back), over: 7 days, no_data: {then: hold}}
"""


def made_up_days():
    """Three years; a day in a hundred is missing, never beside one on which little was read."""
    chance = random.Random(7)
    day, end, days = datetime.date(2023, 1, 1), datetime.date(2026, 1, 1), {}
    while day < end:
        new, back = chance.randint(800, 1600), chance.randint(50, 400)
        low = day.day in (5, 6, 7, 20, 21)
        if low or chance.random() > 0.01 or any((day + i * DAY).day in (5, 7, 20, 21) for i in (-1, 1)):
            days[day] = {"loads": chance.randint(500, 900) if low else chance.randint(1500, 4000), "visitors": new + back,
                         "new": new, "back": back}
        day += DAY
    return days


def real_days():
    number = lambda text: int(text.replace(",", ""))
    with REAL.open(encoding="utf-8", newline="") as file:
        return {datetime.datetime.strptime(row["Date"], "%m/%d/%Y").date():
                {"loads": number(row["Page.Loads"]), "visitors": number(row["Unique.Visits"]),
                 "new": number(row["First.Time.Visits"]), "back": number(row["Returning.Visits"])}
                for row in csv.DictReader(file)}


def instant(day):
    return day.strftime("%Y-%m-%dT00:00:00Z")


def episodes_of(days, limit):
    """(since, firing, resolved): two missed days in a row fire when the second has ended, a met one ends it."""
    found, run = [], []
    for day in sorted(days):
        if days[day]["loads"] < limit:
            run.append(day)
            if len(run) == 2:
                found.append([run[0], day + DAY, None])
        else:
            if len(run) >= 2:
                found[-1][2] = day + DAY
            run = []
    return found


class Figures:
    """What both data sets are held to; `days`, `quarter`, `limit` are theirs."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        class Cleaner:
            addCleanup = staticmethod(cls.addClassCleanup)
        cls.days = cls.make_days()
        cls.folder = Folder(Cleaner())
        cls.folder.write("kpid.yaml", CONFIGURATION)
        cls.folder.write("rules.yaml", RULES % cls.limit)
        cls.folder.write("web.csv", "date,loads,visitors,new,back\n" + "".join(
            f"{day},{row['loads']},{row['visitors']},{row['new']},{row['back']}\n" for day, row in sorted(cls.days.items())))
        cls.last = max(cls.days)
        done = cls.folder.once(cls.last + DAY)
        assert done.returncode == 0, done.stderr
        cls.texts = {}
        for form in ("json", "csv", "md", "html"):
            done = cls.folder.run("report", "--quarter", cls.quarter, "--format", form, "--out", f"report.{form}")
            assert done.returncode == 0, done.stderr
            cls.texts[form] = (cls.folder.path / f"report.{form}").read_bytes().decode()
        cls.kpis = {kpi["id"]: kpi for kpi in json.loads(cls.texts["json"])["kpis"]}
        year, number = int(cls.quarter[:4]), int(cls.quarter[-1])
        quarter = lambda year, number: (datetime.date(year + (number - 1) // 4, 3 * ((number - 1) % 4) + 1, 1),
                                        datetime.date(year + number // 4, 3 * (number % 4) + 1, 1))
        cls.spans = {"value": quarter(year, number), "previous": quarter(year, number - 1), "year_ago": quarter(year - 1, number)}

    def inside(self, span):
        return [row for day, row in self.days.items() if span[0] <= day < span[1]]

    def test_sums_ratios_and_means(self):
        for figure, span in self.spans.items():
            rows = self.inside(span)
            total = lambda name, rows=rows: sum(row[name] for row in rows)
            with self.subTest(figure):
                self.assertEqual(self.kpis["loads"][figure], total("loads"))
                self.assertAlmostEqual(self.kpis["returning"][figure], total("back") / (total("new") + total("back")), 12)
                self.assertAlmostEqual(self.kpis["visitors"][figure], total("visitors") / len(rows), 9)

    def test_periods_met_and_missed(self):
        first, end = self.spans["value"]
        rows = self.inside((first, end))
        kpi = self.kpis["loads"]
        self.assertEqual(kpi["missed"], sum(row["loads"] < self.limit for row in rows))
        self.assertEqual(kpi["met"], sum(row["loads"] >= self.limit for row in rows))
        self.assertEqual(kpi["no_data"], (end - first).days - len(rows))
        self.assertEqual(self.kpis["visitors"]["recorded"], len(rows))
        for kpi in self.kpis.values():
            self.assertEqual(kpi["met"] + kpi["missed"] + kpi["no_data"] + kpi["recorded"], kpi["periods"])

    def test_alerts_and_how_long_they_took(self):
        first, end = self.spans["value"]
        expected = [e for e in episodes_of(self.days, self.limit) if e[0] < end and (e[2] is None or e[2] > first)]
        self.assertGreater(len(expected), 0)
        found = [(e["since"], e["firing"], e["resolved"]) for e in self.kpis["loads"]["episodes"]]
        self.assertEqual(found, [(instant(a), instant(b), c and instant(c)) for a, b, c in expected])
        self.assertEqual(self.kpis["loads"]["seconds_to_notice"], 2 * 86_400)
        ended = [(c - b).days * 86_400 for _, b, c in expected if c]
        self.assertAlmostEqual(self.kpis["loads"]["seconds_to_recover"], sum(ended) / len(ended), delta=1)

    def test_every_format_says_the_same(self):
        rows = {row["kpi"]: row for row in csv.DictReader(io.StringIO(self.texts["csv"]))}
        self.assertEqual(list(rows), list(self.kpis))
        for name, kpi in self.kpis.items():
            for column in ("value", "previous", "year_ago", "attainment", "attainment_with_gaps", "seconds_to_notice",
                           "seconds_to_recover"):
                cell = rows[name][column]
                self.assertEqual(float(cell) if cell else None, kpi[column], (name, column))
            for column in ("periods", "met", "missed", "no_data", "recorded"):
                self.assertEqual(int(rows[name][column]), kpi[column], (name, column))
            self.assertEqual(int(rows[name]["episodes"]), len(kpi["episodes"]))
        loads = f"{self.kpis['loads']['value']:,.0f}"
        self.assertIn(loads, self.texts["html"])
        self.assertIn(loads, self.texts["md"])

    def test_the_ledger_and_the_status_say_the_same(self):
        status = {kpi["id"]: kpi for kpi in json.loads(self.folder.run("status", "--json").stdout)["kpis"]}
        self.assertEqual(status["loads"]["value"], self.days[self.last]["loads"])
        first, end = self.spans["value"]
        counted = self.folder.rows("SELECT verdict, count(*) FROM verdict WHERE kpi = 'loads' AND day >= ? AND day < ? "
                                   "GROUP BY verdict", str(first), str(end))
        kpi = self.kpis["loads"]
        self.assertEqual(dict(counted), {name: kpi[name] for name in ("met", "missed", "no_data", "recorded") if kpi[name]})


class OpenPeriod:
    """Sources whose last days differ: a KPI counts up to its last judged day, and so does what it is compared with."""

    def setUp(self):
        self.days = self.make_days()
        self.folder = Folder(self)
        self.folder.write("kpid.yaml", CONFIGURATION.replace("channels:", """  ads:
    plugin: csv
    path: ads.csv
    settle: 2 days
    metrics: {cost: {kind: flow}}
channels:"""))
        self.folder.write("rules.yaml", """kpis:
  loads: {title: Pages, value: web.loads, no_data: {then: hold}}
  visitors: {title: Visitors, value: web.visitors, no_data: {then: hold}}
  cost: {title: Cost, value: ads.cost, no_data: {then: hold}}
  cost_per_page: {title: Cost of a page, value: ads.cost / web.loads, no_data: {then: hold}}
  cost_again: {title: Made of others, value: cost_per_page * 2, no_data: {then: hold}}
""")
        self.folder.write("web.csv", "date,loads,visitors,new,back\n" + "".join(
            f"{day},{row['loads']},{row['visitors']},1,1\n" for day, row in sorted(self.days.items())))
        self.folder.write("ads.csv", "date,cost\n" + "".join(f"{day},{self.cost(day)}\n" for day in sorted(self.days)))
        done = self.folder.once(self.now)
        self.assertEqual(done.returncode, 0, done.stderr)

    @staticmethod
    def cost(day):
        return 100 + day.day

    def test_each_kpi_counts_up_to_its_last_judged_day(self):
        first = self.now.replace(day=1)
        before = (first - DAY).replace(day=1)
        starts = {"value": first, "previous": before, "year_ago": first.replace(year=first.year - 1)}
        found = {}
        for form in ("json", "csv"):
            done = self.folder.run("report", "--month", f"{self.now:%Y-%m}", "--format", form)
            self.assertEqual(done.returncode, 0, done.stderr)
            found[form] = done.stdout
        rows = {row["kpi"]: row for row in csv.DictReader(io.StringIO(found["csv"]))}
        kpis = {kpi["id"]: kpi for kpi in json.loads(found["json"])["kpis"]}
        for name, settle in (("loads", 0), ("visitors", 0), ("cost", 2), ("cost_per_page", 2), ("cost_again", 2)):
            until = self.now - settle * DAY
            self.assertEqual(kpis[name]["until"], instant(until), name)
            self.assertEqual(rows[name]["until"], instant(until), name)
            for figure, start in starts.items():
                days = [day for day in self.days if start <= day < start + (until - first)]
                loads = sum(self.days[day]["loads"] for day in days)
                cost = sum(self.cost(day) for day in days)
                visitors = sum(self.days[day]["visitors"] for day in days) / len(days)
                expected = {"loads": loads, "visitors": visitors, "cost": cost, "cost_per_page": cost / loads,
                            "cost_again": 2 * cost / loads}[name]
                self.assertAlmostEqual(kpis[name][figure], expected, 9, (name, figure))
                self.assertAlmostEqual(float(rows[name][figure]), expected, 9, (name, figure))
        page = self.folder.run("report", "--month", f"{self.now:%Y-%m}").stdout
        self.assertIn(f"Its last judged day is {self.now - 3 * DAY:%-d %B %Y}", page)


class AlertsAtTheEnd(unittest.TestCase):
    """The last verdict of a review fires an alert, or ends one, when it is due: two days later where the source takes
    two days to settle."""

    def test_the_last_verdict_counts(self):
        folder = Folder(self)
        names = ("day_fell", "day_rose", "month_fell", "month_rose")
        folder.write("kpid.yaml", CONFIGURATION.split("metrics:")[0] + "settle: 2 days\n    metrics: {"
                     + ", ".join(f"{name}: {{kind: flow}}" for name in names) + "}\nchannels:"
                     + CONFIGURATION.split("channels:")[1])
        folder.write("rules.yaml", "kpis:\n" + "".join(
            f"  {name}: {{title: {name}, value: web.{name}, every: {name.split('_')[0]}, thresholds: {{warning: {limit}}}}}\n"
            for name, limit in zip(names, (10, 10, 280, 280))))
        first, end = datetime.date(2025, 4, 1), datetime.date(2025, 7, 1)
        is_low = {"day_fell": lambda day: day >= end - DAY, "day_rose": lambda day: day == end - 2 * DAY,
                  "month_fell": lambda day: day.month >= 6, "month_rose": lambda day: day.month == 5}
        days = [first + i * DAY for i in range((end - first).days + 10)]
        folder.write("web.csv", "date," + ",".join(names) + "\n" + "".join(
            f"{day}," + ",".join("1" if is_low[name](day) else "20" for name in names) + "\n" for day in days))
        done = folder.once(days[-1] + DAY)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = folder.run("report", "--quarter", "2025-Q2", "--format", "md").stdout
        cells = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
        outcomes = {row[1].strip().replace("\\", ""): row[-2].strip() for row in cells}
        self.assertEqual({name: outcomes[name] for name in names}, {"day_fell": "not made", "day_rose": "at risk",
                                                                    "month_fell": "not made", "month_rose": "at risk"})
        asked = [line for line in text.splitlines() if "An alert has been open" in line]
        self.assertEqual(asked, ["- **day\\_fell** (no owner): An alert has been open since 30 June 2025.",
                                 "- **month\\_fell** (no owner): An alert has been open since 1 June 2025."])


class FirstWeekOfATarget(unittest.TestCase):
    def test_it_counts_in_later_reviews_too(self):
        folder = Folder(self)
        folder.write("kpid.yaml", CONFIGURATION.split("metrics:")[0] + "metrics: {loads: {kind: flow}}\nchannels:"
                     + CONFIGURATION.split("channels:")[1])
        folder.write("rules.yaml", """kpis:
  weekly:
    value: web.loads
    every: week
    no_data: {then: hold}
    target: {measure: total, start: 2025-06-01, to: 500, by: 2025-08-31}
""")
        days = [datetime.date(2025, 1, 1) + i * DAY for i in range(250)]
        folder.write("web.csv", "date,loads\n" + "".join(f"{day},1\n" for day in days))
        done = folder.once(days[-1] + DAY)
        self.assertEqual(done.returncode, 0, done.stderr)

        def total(*period):
            (weekly,) = json.loads(folder.run("report", *period, "--format", "json").stdout)["kpis"]
            return weekly["target"]["actual"]
        # The week of 26 May ends within June, and is the target's first.
        self.assertEqual(14 * 7, total("--from", "2025-05-01", "--to", "2025-09-01"))
        self.assertEqual(14 * 7, total("--month", "2025-08"))


class EndedTargets(unittest.TestCase):
    """Every target whose deadline lies in the period is in its review, with what it had come to by then."""

    @classmethod
    def setUpClass(cls):
        class Cleaner:
            addCleanup = staticmethod(cls.addClassCleanup)
        cls.folder = Folder(Cleaner())
        cls.folder.write("kpid.yaml", CONFIGURATION.split("metrics:")[0] + "metrics: {loads: {kind: flow}}\nchannels:"
                         + CONFIGURATION.split("channels:")[1])
        cls.folder.write("rules.yaml", """kpis:
  level:
    {title: Level, value: web.loads, no_data: {then: hold},
     target: {from: 1, start: 2025-03-01, to: 80, by: 2025-05-10, judge: pace}}
  monthly:
    title: Monthly
    value: web.loads
    no_data: {then: hold}
    targets:
      - {name: month, measure: total, each: month, to: {2025-04: 1000, 2025-05: 1000, 2025-06: 100, 2025-07: 100}}
  two:
    title: Two
    value: web.loads
    no_data: {then: hold}
    targets:
      - {name: first, from: 1, start: 2025-04-01, to: 60, by: 2025-04-20, judge: pace}
      - {name: second, from: 1, start: 2025-04-25, to: 25, by: 2025-12-31, judge: pace}
""")
        # Its day of the month is a day's value; the level's deadline has none.
        days = [datetime.date(2025, 1, 1) + i * DAY for i in range(300)]
        cls.folder.write("web.csv", "date,loads\n" + "".join(
            f"{day},{day.day}\n" for day in days if day != datetime.date(2025, 5, 10)))
        done = cls.folder.once(days[-1] + DAY)
        assert done.returncode == 0, done.stderr

    def report(self, form, quarter="2025-Q2"):
        done = self.folder.run("report", "--quarter", quarter, "--format", form)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_what_decided_is_what_a_target_has_come_to(self):
        def targets(quarter):
            kpis = json.loads(self.report("json", quarter))["kpis"]
            self.assertEqual([kpi["targets"][-1] for kpi in kpis], [kpi["target"] for kpi in kpis])
            return {kpi["id"]: [(target["deadline"], target["status"], target["actual"]) for target in kpi["targets"]]
                    for kpi in kpis}
        level = ("2025-05-10", "missed", 9)  # the newest value by then
        self.assertEqual(targets("2025-Q2"), {
            "level": [level],
            "monthly": [("2025-04-30", "missed", 465), ("2025-05-31", "missed", 486), ("2025-06-30", "achieved", 465)],
            "two": [("2025-04-20", "missed", 20), ("2025-12-31", "on_track", 30)]})
        later = targets("2025-Q3")
        self.assertEqual(later["level"], [level])
        self.assertEqual([deadline for deadline, _, _ in later["two"]], ["2025-12-31"])

    def test_a_newer_target_hides_no_missed_one(self):
        text = self.report("md")
        self.assertIn("The target was missed: 9 instead of 80.", text)
        self.assertIn("2 of 2 earlier targets of the period were missed: latest 465, goal 1,000, by 30 April 2025; "
                      "latest 486, goal 1,000, by 31 May 2025. Act,", text)
        self.assertIn("1 of 1 earlier targets of the period were missed: latest 20, goal 60, by 20 April 2025. Act,", text)
        self.assertIn("| not made: missed, latest 20, goal 60, by 20 April 2025; on track, latest 30, goal 25, by 31 "
                      "December 2025 |", text)
        page = self.report("html")
        self.assertIn('<li class="bad"><b>3</b> not made<small><a href="#kpi-level">', page)
        self.assertIn("<li>missed, latest 20, goal 60, by 20 April 2025</li>", page)
        rows = {row["kpi"]: row for row in csv.DictReader(io.StringIO(self.report("csv")))}
        self.assertEqual({name: (row["target_status"], row["target_actual"], row["target_deadline"], row["targets_ended"],
                                 row["targets_missed"], row["earlier_targets"]) for name, row in rows.items()}, {
            "level": ("missed", "9", "2025-05-10", "1", "1", ""),
            "monthly": ("achieved", "465", "2025-06-30", "3", "2", "2025-04-30 missed 465/1000; 2025-05-31 missed 486/1000"),
            "two": ("on_track", "30", "2025-12-31", "1", "1", "2025-04-20 missed 20/60")})


class MadeUpOpenPeriod(OpenPeriod, unittest.TestCase):
    now = datetime.date(2025, 11, 18)
    make_days = staticmethod(made_up_days)


@unittest.skipUnless(REAL.exists(), f"the real website's file is not at {REAL}; KPI_SHARED_DATA names its folder")
class RealOpenPeriod(OpenPeriod, unittest.TestCase):
    now = datetime.date(2018, 11, 20)
    make_days = staticmethod(real_days)


class MadeUp(Figures, unittest.TestCase):
    quarter, limit = "2025-Q2", 1000
    make_days = staticmethod(made_up_days)


@unittest.skipUnless(REAL.exists(), f"the real website's file is not at {REAL}; KPI_SHARED_DATA names its folder")
class RealWebsite(Figures, unittest.TestCase):
    quarter, limit = "2018-Q3", 3000
    make_days = staticmethod(real_days)


if __name__ == "__main__":
    world.main()
