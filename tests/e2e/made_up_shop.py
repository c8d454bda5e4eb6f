"""A made-up shop for tests: sources of several grains with all that goes wrong with them, from a seed.

Each row has a day on which it first stands in its file and, perhaps, a later one on which its value changes."""

import dataclasses
import datetime
import random
import typing
import zoneinfo

ZONE = zoneinfo.ZoneInfo("Europe/Stockholm")
COUNTRIES = ("SE", "NO", "DK")

CONFIGURATION = """timezone: Europe/Stockholm
history: sqlite:history.db
rules: [rules.yaml]
sources:
  shop:
    plugin: csv
    path: shop.csv
    settle: 1 day
    labels: {country: country}
    metrics:
      orders: {kind: flow, unit: orders}
      revenue: {kind: flow, unit: SEK}
  web:
    plugin: csv
    path: web.csv
    labels: {country: country}
    metrics:
      sessions: {kind: flow, unit: sessions}
  app:                                 # by the hour, over a change of the clock
    plugin: csv
    path: app.csv
    grain: hour
    date: {column: time}
    metrics:
      errors: {kind: flow, unit: errors}
      calls: {kind: flow, unit: calls}
      seconds: {kind: mean, unit: s}
  people:                              # a row only where something happened
    plugin: csv
    path: people.csv
    missing: zero
    metrics:
      complaints: {kind: flow, unit: complaints}
channels:
  terminal: {type: console}
routes:
  - match: {}
    to: [terminal]
"""

RULES = """kpis:
  orders:
    value: shop.orders
    split_by: [country]
    thresholds: {warning: 30, critical: 20, for: 2 days, recover: 35}
    no_data: {after: 2 days}
  revenue_per_order:
    value: shop.revenue / shop.orders
    split_by: [country]
    thresholds: {warning: "0.8 * prev(value, 1 week)"}
  conversion:
    value: shop.orders / web.sessions
    over: 7 days
    split_by: [country]
    complete: 70%
    thresholds: {warning: 3%, recover: 3.1%, recover_for: 2 days}
    target: {from: 2%, start: 2026-03-01, to: 4%, by: 2026-04-05, judge: pace}
  sessions:
    value: web.sessions
    alerts:
      - {name: sudden drop, when: "change(value, 1 week) < -20%", severity: critical}
  revenue_by_week:
    value: shop.revenue
    every: week
    complete: 50%
    thresholds: {warning: 60000}
  orders_by_month:
    value: shop.orders
    every: month
    complete: 50%
    thresholds: {warning: 3000}
  errors_by_hour:
    value: app.errors
    thresholds: {warning: 12, critical: 18, for: 2h}
    better: lower
  error_rate:
    value: app.errors / app.calls
    every: day
    better: lower
    complete: 80%
    thresholds: {warning: 6%}
  slow:
    value: app.seconds
    every: day
    complete: 80%
    better: lower
    thresholds: {warning: 1.05, for: 2 days}
  complaints:
    value: people.complaints
    better: lower
    thresholds: {warning: 1}
  health:                              # a KPI of KPIs
    value: conversion / (1 + error_rate)
    split_by: [country]
    thresholds: {warning: 2.9%}
  health_by_week:
    value: avg(health)
    every: week
    complete: 50%
    thresholds: {warning: 3%}
"""


@dataclasses.dataclass
class Row:
    file: str
    period: str  # the day or hour
    country: str
    values: typing.List[str]
    since: datetime.date  # the day on which it appears
    restated: typing.Optional[typing.Tuple[datetime.date, typing.List[str]]] = None

    def values_on(self, day):
        return self.restated[1] if self.restated and day >= self.restated[0] else self.values


HEADERS = {"shop.csv": "date,country,orders,revenue", "web.csv": "date,country,sessions",
           "app.csv": "time,errors,calls,seconds", "people.csv": "date,complaints"}


class Shop:
    """All rows of a stretch of days. `troubled`: some come late and some change."""

    def __init__(self, seed, first, last, troubled):
        self.random = random.Random(seed)
        self.first, self.last = first, last
        self.rows = []
        for number in range((last - first).days + 1):
            self.make_day(first + datetime.timedelta(days=number), number)
        if troubled:
            self.trouble()

    def make_day(self, day, number):
        bad = 0.6 if self.random.random() < 0.15 else 1  # a bad day for all
        for country in COUNTRIES:
            if country == "DK" and number < 10:  # a segment that begins later
                continue
            if self.random.random() < 0.95:
                orders = round(self.random.uniform(25, 50) * bad)
                cells = [str(orders), f"{orders * self.random.uniform(180, 320):.2f}"]
                if self.random.random() < 0.03:
                    cells[self.random.randrange(2)] = ""
                self.add("shop.csv", day, str(day), country, cells)
            if self.random.random() < 0.97:
                self.add("web.csv", day, str(day), country, [str(round(self.random.uniform(900, 1300)))])
        if self.random.random() < 0.2:
            self.add("people.csv", day, str(day), "", [str(self.random.randint(1, 3))])
        self.make_hours(day, bad)

    def make_hours(self, day, bad):
        midnight = datetime.datetime.combine(day, datetime.time(), ZONE)
        end = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), ZONE)
        hour = midnight.astimezone(datetime.timezone.utc)
        while hour < end:
            if self.random.random() < 0.98:
                calls = round(self.random.uniform(150, 250))
                errors = round(self.random.uniform(3, 14) / bad)
                seconds = f"{self.random.uniform(0.7, 1.3):.3f}"
                self.add("app.csv", day, hour.strftime("%Y-%m-%dT%H:%M:%SZ"), "", [str(errors), str(calls), seconds])
            hour += datetime.timedelta(hours=1)

    def add(self, file, day, period, country, values):
        self.rows.append(Row(file, period, country, values, day))

    def trouble(self):
        for row in self.rows:
            if row.since > self.last - datetime.timedelta(days=8):
                continue  # all is known by the end
            luck = self.random.random()
            day = row.since
            if luck < 0.08:
                row.since = day + datetime.timedelta(days=self.random.choice([1, 2, 4]))
            elif luck < 0.16:
                values = [cell and f"{float(cell) * self.random.choice([0.5, 0.9, 1.2]):.2f}" for cell in row.values]
                row.restated = (day + datetime.timedelta(days=self.random.choice([1, 2, 6])), values)

    def files(self, day):
        """The files as they stand after the end of `day`."""
        lines = {name: [header] for name, header in HEADERS.items()}
        for row in self.rows:
            if row.since <= day:
                cells = [row.period, *([row.country] if row.country else []), *row.values_on(day)]
                lines[row.file].append(",".join(cells))
        return {name: "\n".join(text) + "\n" for name, text in lines.items()}
