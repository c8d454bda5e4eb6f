#!/usr/bin/env python3
"""Every system call that writes fails once, the first, the second, … and then the program is killed at each of them: what
was acknowledged stays, nothing is told that is not in the history, and the next run ends as if nothing had happened.

strace injects the faults. KPI_FAULTS says how many calls apart the tried ones are (1: every one)."""

import json
import os
import shutil
import subprocess
import unittest

from daemon_test import LOW, ROWS, RULES
from world import DEADLINE, KPID, Folder, Receiver

APART = int(os.environ.get("KPI_FAULTS", "12"))
CONFIGURATION = """timezone: Europe/Stockholm
history: sqlite:history.db
rules: [rules.yaml]
sources:
  web: {plugin: csv, path: web.csv, metrics: {visits: {kind: flow, unit: visits}}}
channels:
  hook: %s
routes:
  - {match: {}, to: [hook]}
"""
FAULTS = [(call, fault) for call in ("pwrite64", "fdatasync") for fault in ("error=EIO", "error=ENOSPC", "signal=KILL")]
FAULTS += [("ftruncate", "signal=KILL"), ("unlink", "signal=KILL"), ("sendto", "signal=KILL")]


@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class SystemCallFaults(unittest.TestCase):
    def setUp(self):
        self.receiver = Receiver(self)
        self.before = self.make_folder()
        self.assertEqual(0, self.before.once("2024-01-03").returncode)
        calm = self.copy()
        done = calm.once("2024-01-04")
        self.assertEqual(0, done.returncode, done.stderr)
        self.expected = (calm.ledger(), calm.episodes())
        self.messages = [row[0] for row in calm.rows("SELECT id FROM notification ORDER BY id")]
        self.assertEqual(1, len(self.messages))

    def make_folder(self):
        folder = Folder(self)
        folder.write("kpid.yaml", CONFIGURATION % self.receiver.channel)
        folder.write("rules.yaml", RULES)
        folder.write("web.csv", ROWS + LOW)
        return folder

    def copy(self):
        folder = Folder(self)
        shutil.rmtree(folder.path)
        shutil.copytree(self.before.path, folder.path)
        return folder

    def run_with_fault(self, folder, call, fault, number):
        """False when the program made fewer calls."""
        command = ["strace", "-f", "-qq", "-o", folder.path / "trace", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}",
                   KPID, "run", "--once", "--now", "2024-01-04"]
        environment = dict(folder.environment, ASAN_OPTIONS=folder.environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        done = subprocess.run(command, cwd=folder.path, env=environment, capture_output=True, text=True, timeout=DEADLINE, check=False)
        if "ptrace" in done.stderr or "PTRACE" in done.stderr:
            self.skipTest(f"nothing can be traced here: {done.stderr.strip()}")
        trace = (folder.path / "trace").read_text(errors="replace")
        return "INJECTED" in trace or "SIGKILL" in trace or done.returncode < 0

    def test_each_call_that_fails_costs_nothing(self):
        tried = 0
        for call, fault in FAULTS:
            number = 1
            while True:
                with self.subTest(call=call, fault=fault, number=number):
                    folder = self.copy()
                    has_failed = self.run_with_fault(folder, call, fault, number)
                    self.assertEqual([("ok",)], folder.rows("PRAGMA integrity_check"))
                    after = folder.once("2024-01-04")
                    self.assertEqual(0, after.returncode, after.stdout + after.stderr)
                    self.assertEqual(self.expected, (folder.ledger(), folder.episodes()))
                    self.assertEqual([(self.messages[0], "sent")], folder.rows("SELECT id, state FROM notification"))
                if not has_failed:
                    break
                tried += 1
                number += APART
        told = [message_id for message_id, _ in self.receiver.messages]
        self.assertEqual(set(self.messages), set(told))  # one alert, one id, however often
        self.assertEqual({"alert.firing"}, {json.loads(body)["type"] for _, body in self.receiver.messages})
        print(f"{tried} faults, {len(told)} deliveries of one message in {tried + 1 + len(FAULTS)} runs", flush=True)
        self.assertGreater(tried, 10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
