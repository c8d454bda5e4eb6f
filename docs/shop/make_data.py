#!/usr/bin/env python3
"""Makes the example shop: 800 days of numbers of a small Nordic web shop, and the configuration that watches them.

    docs/shop/make_data.py DIRECTORY [--until YYYY-MM-DD]     default: yesterday in Europe/Stockholm

Writes DIRECTORY/data/*.csv, DIRECTORY/kpid.yaml and DIRECTORY/rules/shop.yaml. The numbers are made up, by a fixed
seed: two runs with the same --until give the same bytes. Everything is counted back from the last day, the seasons of
the year too, so that the shop tells the same story on whatever day it is made:

    all along        growth, weekdays, a yearly wave
    67-60 days ago   a campaign: more visits and much more advertising, of which fewer people buy
    40 days ago      the checkout is down for most of a day
    22-21 days ago   the newsletter tool delivers nothing
    last 60 days     Meta's advertisements bring in less and less
    last 9 days      something is wrong with the Danish checkout
    last 5 days      the newsletter tool delivers nothing again
    last day         the advertising figures are a day late, as they always are

The rules in docs/shop/rules are written for a shop whose last day is 2026-06-30 (ANCHOR). Where the last day is another
one, each date in them is moved by as many days; nothing else is changed.
"""

import argparse
import csv
import datetime
import math
import pathlib
import random
import re
import sys
import zoneinfo

HERE = pathlib.Path(__file__).resolve().parent
ANCHOR = datetime.date(2026, 6, 30)
DAYS = 800

COUNTRIES = {"SE": ("Sverige", 0.50, 0.026), "NO": ("Norge", 0.28, 0.023), "DK": ("Danmark", 0.22, 0.024)}
MONDAY_TO_SUNDAY = (1.02, 1.04, 1.03, 1.00, 0.95, 0.92, 1.04)
CAMPAIGN = range(60, 68)  # days before the last one, like everything below
OUTAGE = 40
DANISH_TROUBLE = range(0, 9)
NEWSLETTER_SILENT = (*range(0, 5), 21, 22)
ADS_ARRIVE_AFTER = 1


class Noise:
    """A series' own random numbers: one series more does not change the others."""

    def __init__(self, series):
        self._random = random.Random(f"the example shop, {series}")

    def times(self, width):
        return 1 + width * (2 * self._random.random() - 1)


def yearly_wave(ago):
    return 1 + 0.08 * math.cos(2 * math.pi * (ago - 90) / 365)


def visitor_level(ago):
    """Slow growth at first; since the target's start, 180 days ago, a little faster than doubling in a year."""
    if ago > 180:
        return 2000 * (1400 / 2000) ** ((ago - 180) / 620)
    return 2000 * 2 ** (1.05 * (180 - ago) / 365)


def make_days(until):
    """One entry per day, oldest first: what happened in the shop, before anybody writes it to a file."""
    noise = {name: Noise(name) for name in ("visitors", "signups", "google", "meta", *COUNTRIES)}
    days = []
    for ago in range(DAYS - 1, -1, -1):
        date = until - datetime.timedelta(days=ago)
        campaign = ago in CAMPAIGN
        level = visitor_level(ago) * yearly_wave(ago) * MONDAY_TO_SUNDAY[date.weekday()]
        visitors = round(level * noise["visitors"].times(0.04) * (1.45 if campaign else 1))
        day = {"ago": ago, "date": date, "visitors": visitors,
               "signups": round(visitors * 0.012 * noise["signups"].times(0.15)), "countries": {}}
        for country, (_, share, conversion) in COUNTRIES.items():
            day["countries"][country] = country_day(ago, country, visitors * 1.3 * share, conversion, noise[country])
        new_customers = sum(entry["new"] for entry in day["countries"].values())
        day["ads"] = ads_day(ago, new_customers, noise)
        days.append(day)
    return days


def country_day(ago, country, level, conversion, noise):
    sessions = round(level * noise.times(0.03))
    if ago in CAMPAIGN:
        conversion *= 0.85
    if ago == OUTAGE:
        conversion *= 0.05
    if country == "DK" and ago in DANISH_TROUBLE:
        conversion *= 0.30
    orders = round(sessions * conversion * noise.times(0.06))
    new = round(orders * 0.55 * noise.times(0.05))
    value_of_an_order = (450 + 50 * (DAYS - ago) / DAYS) * noise.times(0.05)
    return {"sessions": sessions, "orders": orders, "new": new, "returning": orders - new,
            "revenue": orders * value_of_an_order}


def ads_day(ago, new_customers, noise):
    """Cost and the revenue that each channel claims. What a new customer costs hardly falls, whatever is planned."""
    typical = max(new_customers, 25) * (70 - 3 * max(0, 120 - ago) / 120)
    budget = typical * (1.8 if ago in CAMPAIGN else 1)
    google = budget * 0.55 * noise["google"].times(0.05)
    meta = budget * 0.45 * noise["meta"].times(0.05)
    meta_return = 5.2 - 2.2 * max(0, 60 - ago) / 60
    return {"google": (google, google * 8.0 * noise["google"].times(0.08)),
            "meta": (meta, meta * meta_return * noise["meta"].times(0.08))}


def swedish(number):
    """12 345,50: a decimal comma, and a space between thousands."""
    return f"{number:,.2f}".replace(",", " ").replace(".", ",")


def write_csv(path, header, rows, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", **how)
        writer.writerow(header)
        writer.writerows(rows)


def write_data(folder, days):
    """Each file looks like an export of another tool, as such files do."""
    write_csv(folder / "visitors.csv", ["date", "visitors"], [[day["date"], day["visitors"]] for day in days])
    write_csv(folder / "web.csv", ["date", "country", "sessions"],
              [[day["date"], country, entry["sessions"]]
               for day in days for country, entry in day["countries"].items()])
    write_csv(folder / "newsletter.csv", ["date", "signups"],
              [[day["date"], day["signups"]] for day in days if day["ago"] not in NEWSLETTER_SILENT])
    write_csv(folder / "orders.csv", ["Datum", "Land", "Ordrar", "Nya kunder", "Återkommande", "Omsättning"],
              [[day["date"], COUNTRIES[country][0], entry["orders"], entry["new"], entry["returning"],
                swedish(entry["revenue"])]
               for day in days for country, entry in day["countries"].items()], delimiter=";")
    write_csv(folder / "ads.csv", ["Day", "Channel", "Cost", "Conv. value"],
              [[day["date"].strftime("%m/%d/%Y"), channel, f"{cost:,.2f}", f"{revenue:,.2f}"]
               for day in days if day["ago"] >= ADS_ARRIVE_AFTER for channel, (cost, revenue) in day["ads"].items()])


def moved(text, by):
    """The text with each ISO date in it moved by so many days."""
    move = lambda match: str(datetime.date.fromisoformat(match.group()) + datetime.timedelta(days=by))
    return re.sub(r"\b\d{4}-\d{2}-\d{2}\b", move, text)


def write_configuration(folder, until):
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    for name in ("kpid.yaml", "rules/shop.yaml"):
        text = (HERE / name).read_text(encoding="utf-8")
        (folder / name).write_text(moved(text, (until - ANCHOR).days), encoding="utf-8")


def yesterday():
    try:
        zone = zoneinfo.ZoneInfo("Europe/Stockholm")
    except zoneinfo.ZoneInfoNotFoundError:
        zone = datetime.timezone.utc
    return datetime.datetime.now(zone).date() - datetime.timedelta(days=1)


def main():
    parser = argparse.ArgumentParser(description="Makes the example shop: data and configuration.")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--until", type=datetime.date.fromisoformat, default=None, help="the last day; default yesterday")
    arguments = parser.parse_args()
    until = arguments.until or yesterday()
    write_data(arguments.directory / "data", make_days(until))
    write_configuration(arguments.directory, until)
    print(f"The example shop is in {arguments.directory}: {DAYS} days until {until}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
