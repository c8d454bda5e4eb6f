#!/usr/bin/env python3
"""A made-up shop, played day by day and in one go: what is written does not depend on how often one looked."""

import collections
import datetime
import os
import unittest

import made_up_shop
import world
from world import Folder

FIRST, LAST = datetime.date(2026, 2, 20), datetime.date(2026, 4, 8)
SEEDS = [int(seed) for seed in os.environ.get("KPI_SEEDS", "1 2").split()]


class Replay(unittest.TestCase):
    maxDiff = 4000

    def make_folder(self):
        folder = Folder(self)
        folder.write("kpid.yaml", made_up_shop.CONFIGURATION)
        folder.write("rules.yaml", made_up_shop.RULES)
        return folder

    def play(self, folder, shop, days):
        """Steps at the end of each day, with the files as they stand then."""
        for day in days:
            for name, text in shop.files(day).items():
                folder.write(name, text)
            done = folder.once(f"{day + datetime.timedelta(days=1)} 00:00")
            self.assertEqual((0, ""), (done.returncode, done.stderr), f"{day}\n{done.stdout}")

    def assert_same_rows(self, expected, got):
        """Like assertEqual, and names the first rows that differ."""
        if expected != got:
            there, here = collections.Counter(expected), collections.Counter(got)
            missing = sorted((there - here).elements(), key=str)
            extra = sorted((here - there).elements(), key=str)
            self.fail(f"{len(missing)} rows are missing, the first:\n" + "\n".join(map(str, missing[:8])) +
                      f"\n{len(extra)} are too many, the first:\n" + "\n".join(map(str, extra[:8])))

    def test_day_by_day_is_in_one_go(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                shop = made_up_shop.Shop(seed, FIRST, LAST, troubled=False)
                by_day, at_once = self.make_folder(), self.make_folder()
                self.play(by_day, shop, world.days(FIRST, LAST))
                self.play(at_once, shop, [LAST])
                rows = at_once.ledger()
                self.assertEqual({"met", "missed", "no_data", "recorded"}, {row[6] for row in rows})
                self.assert_same_rows(rows, by_day.ledger())
                self.assertGreaterEqual({row[2] for row in at_once.episodes()},
                                        {"thresholds", "no_data", "target", "sudden drop"})
                self.assert_same_rows(at_once.episodes(), by_day.episodes())

    def test_late_and_restated_rows_end_in_the_values_of_the_final_file(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                shop = made_up_shop.Shop(seed, FIRST, LAST, troubled=True)
                first, second, final = self.make_folder(), self.make_folder(), self.make_folder()
                self.play(first, shop, world.days(FIRST, LAST))
                self.play(second, shop, world.days(FIRST, LAST))
                self.play(final, shop, [LAST])
                self.assert_same_rows(first.ledger(), second.ledger())
                self.assert_same_rows(first.episodes(), second.episodes())
                self.assert_same_rows(first.notifications(), second.notifications())
                values = "SELECT kpi, segment, period_start, value, limit_value, verdict, reason FROM verdict ORDER BY 1, 2, 3"
                self.assert_same_rows(final.rows(values), first.rows(values))
                self.check_revisions(shop, first)

    def check_revisions(self, shop, folder):
        """What a restated row said first is still known, of the samples and of the ledger."""
        kept = collections.Counter(folder.rows("""
            SELECT metric.name, date(sample_revision.slot / 1000, 'unixepoch'), sample_revision.value
            FROM sample_revision JOIN series ON series.id = series_id JOIN metric ON metric.id = metric_id"""))
        expected = collections.Counter()
        for row in shop.rows:
            if row.file == "shop.csv" and row.restated:
                for metric, before, after in zip(("orders", "revenue"), row.values, row.restated[1]):
                    if before and float(before) != float(after):
                        expected[(f"shop.{metric}", row.period, float(before))] += 1
        self.assertGreater(sum(expected.values()), 5)
        self.assertEqual(collections.Counter(), expected - kept)
        # Settled days that were judged before they were restated.
        judged = set(folder.rows("""SELECT kpi.name, segment, date(slot / 1000, 'unixepoch'), value FROM ledger_revision
                                    JOIN line ON line.id = line_id JOIN kpi ON kpi.id = kpi_id WHERE kpi.name = 'orders'"""))
        late = 0
        for row in shop.rows:
            if row.file == "shop.csv" and row.restated and row.values[0]:
                changed = float(row.values[0]) != float(row.restated[1][0])
                if changed and (row.restated[0] - row.since).days >= 2:
                    segment = f'{{"country":"{row.country}"}}'
                    self.assertIn(("orders", segment, row.period, float(row.values[0])), judged)
                    late += 1
        self.assertGreater(late, 2)

    def test_daily_orders_are_the_sum_of_the_final_rows(self):
        shop = made_up_shop.Shop(SEEDS[0], FIRST, LAST, troubled=True)
        folder = self.make_folder()
        self.play(folder, shop, [LAST])
        orders = collections.defaultdict(dict)
        for row in shop.rows:
            if row.file == "shop.csv":
                orders[row.period][row.country] = row.values_on(LAST)[0]
        got = dict(folder.rows("SELECT day, value FROM kpi_value WHERE kpi = 'orders' AND segment = '{}'"))
        known = 0
        for day, cells in orders.items():
            complete = set(cells) == set(made_up_shop.COUNTRIES) and all(cells.values())
            if complete and day < str(LAST):
                self.assertAlmostEqual(sum(map(float, cells.values())), got[day], delta=1e-9 * got[day], msg=day)
                known += 1
        self.assertGreater(known, 15)


if __name__ == "__main__":
    world.main()
