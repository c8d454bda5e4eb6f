#!/usr/bin/env python3
"""The disk of the history fills up and is freed, again and again: the watch goes on, tells, and recovers without a restart.

A small file system is mounted for it: as root, where that is allowed."""

import datetime
import json
import os
import subprocess
import unittest

from daemon_test import CONFIGURATION, ROWS, RULES
from world import Daemon, Folder, Receiver, wait_until

ROUNDS = int(os.environ.get("KPI_FULL_DISKS", "2"))  # forty days each, all of them past: at most 20


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.assertLessEqual(ROUNDS, 20)
        self.receiver = Receiver(self)
        self.folder = Folder(self)
        self.disk = self.folder.path / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "kpid", self.disk], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"no small disk can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        configuration = (CONFIGURATION % self.receiver.channel).replace("sqlite:history.db", "sqlite:disk/history.db")
        self.folder.write("kpid.yaml", configuration)
        self.folder.write("rules.yaml", RULES)
        self.folder.write("web.csv", ROWS)

    def told(self):
        messages = [json.loads(body) for body in dict(self.receiver.messages).values()]
        return [(message["type"], message["data"]["alerts"][0]["title"]) for message in messages]

    def fill(self):
        """Until not one page more fits."""
        with open(self.disk / "filler", "ab", buffering=0) as filler:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    pass

    def count(self, kind):
        return sum(1 for told in self.told() if told == (kind, "Visits"))

    def test_it_goes_on_tells_and_recovers(self):
        daemon = Daemon(self, self.folder)
        daemon.wait_for("2 new samples")
        wait_until(lambda: ("source.error", "kpid itself") in self.told(), "the scarce disk is told")
        rows, used = ROWS, 0
        for number in range(1, ROUNDS + 1):
            self.assertTrue((self.disk / "history.db.reserve").exists())
            self.fill()
            day = datetime.date(2024, 1, 3) + datetime.timedelta(days=40 * number)  # many fine days lie between: nothing is flapping
            rows += f"{day},80\n"
            self.folder.write("web.csv", rows)
            wait_until(lambda number=number: self.count("alert.firing") == number, "it is told from the reserve")
            used += not (self.disk / "history.db.reserve").exists()  # later its log has space enough by itself
            self.fill()
            rows += "".join(f"{day + datetime.timedelta(days=after)},140\n" for after in range(1, 30))
            self.folder.write("web.csv", rows)
            wait_until(lambda number=number: self.count("alert.resolved") == number or
                       daemon.text.count("The watch goes on") > daemon.text.count("can be written again"), "it notices")
            self.assertIsNone(daemon.process.poll())
            (self.disk / "filler").unlink()
            wait_until(lambda number=number: self.count("alert.resolved") == number, "the end is told")
            wait_until(lambda: (self.disk / "history.db.reserve").exists(), "the reserve is there again")
        self.assertGreater(used, 0)
        self.assertIn("The watch goes on", daemon.text)
        self.assertIn("the history can be written again", daemon.text)
        daemon.send(15)
        self.assertEqual(0, daemon.wait(), daemon.text)
        said = self.folder.run("history", "verify")
        self.assertEqual(0, said.returncode, said.stdout + said.stderr)

    def test_it_starts_on_a_full_disk(self):
        daemon = Daemon(self, self.folder)
        daemon.wait_for("2 new samples")
        wait_until(lambda: (self.disk / "history.db.reserve").exists(), "there is a reserve")
        daemon.send(15)
        self.assertEqual(0, daemon.wait(), daemon.text)
        self.fill()
        self.folder.write("web.csv", ROWS + "2024-02-12,80\n")
        daemon = Daemon(self, self.folder)
        wait_until(lambda: self.count("alert.firing") == 1, "it is told from the reserve")
        self.assertIsNone(daemon.process.poll())


if __name__ == "__main__":
    unittest.main(verbosity=2)
