#!/usr/bin/env python3
"""kill -9 at any moment loses nothing and repeats nothing: a made-up shop is played day by day, the program is killed
while it works and started again for the same day. KPI_KILLS says how often, KPI_SEED which moments."""

import collections
import datetime
import json
import os
import random
import signal
import statistics
import subprocess
import time
import unittest

import made_up_shop
import world
from world import Folder, Receiver

KILLS = int(os.environ.get("KPI_KILLS", "15"))
SEED = int(os.environ.get("KPI_SEED", "1"))
FIRST = datetime.date(2026, 3, 1)
DAYS = world.days(FIRST, FIRST + datetime.timedelta(days=47 if KILLS > 50 else 17))


class Kill(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.shop = made_up_shop.Shop(SEED, DAYS[0], DAYS[-1], troubled=True)

    def make_folder(self, receiver):
        folder = Folder(self)
        folder.write("kpid.yaml", made_up_shop.CONFIGURATION.replace("{type: console}", receiver.channel))
        folder.write("rules.yaml", made_up_shop.RULES)
        return folder

    def write_day(self, folder, day):
        for name, text in self.shop.files(day).items():
            folder.write(name, text)
        return f"{day + datetime.timedelta(days=1)} 00:00"

    def finish(self, folder, now):
        """How long it took."""
        began = time.monotonic()
        done = folder.once(now)
        self.assertEqual((0, ""), (done.returncode, done.stderr), f"{now}\n{done.stdout}")
        return time.monotonic() - began

    def kill(self, folder, now, delay):
        """True when it had not ended by itself."""
        process = folder.start("run", "--once", "--now", now, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            code = process.wait(delay)
            self.assertEqual(0, code, process.stderr.read())
            return False
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        finally:
            process.stderr.close()

    def test_what_is_killed_goes_on_where_it_stopped(self):
        calm_receiver, receiver = Receiver(self), Receiver(self)
        calm, folder = self.make_folder(calm_receiver), self.make_folder(receiver)
        chance = random.Random(SEED)
        took = collections.deque([self.finish(calm, self.write_day(calm, DAYS[0]))], maxlen=9)
        kills = 0
        for number, day in enumerate(DAYS):
            if number > 0:
                took.append(self.finish(calm, self.write_day(calm, day)))
            now = self.write_day(folder, day)
            while kills < KILLS * (number + 1) // len(DAYS):
                kills += self.kill(folder, now, chance.uniform(0, statistics.median(took)))
            self.finish(folder, now)
        self.assertEqual(KILLS, kills)
        self.assertEqual([("ok",)], folder.rows("PRAGMA integrity_check"))
        self.assertEqual([], folder.rows("PRAGMA foreign_key_check"))
        self.assertEqual(calm.ledger(), folder.ledger())
        self.assertEqual(calm.episodes(), folder.episodes())
        self.assertEqual(calm.notifications(), folder.notifications())
        self.check_messages(folder, dict(calm_receiver.messages), receiver.messages)

    def check_messages(self, folder, expected, received):
        self.assertGreater(len(expected), len(DAYS) // 3)
        self.assertEqual([], folder.rows("SELECT id, state, last_error FROM notification WHERE state <> 'sent'"))
        bodies = collections.defaultdict(set)
        for message_id, body in received:
            bodies[message_id].add(body)
        self.assertEqual({message_id: {body} for message_id, body in expected.items()}, dict(bodies))
        for body in expected.values():
            self.assertEqual(["type", "timestamp", "data"], list(json.loads(body)))
        print(f"{KILLS} kills, {len(expected)} messages, {len(received) - len(bodies)} of them came twice",
              flush=True)


if __name__ == "__main__":
    world.main()
