#!/usr/bin/env python3
"""Every system call that writes fails once, the first, the second, … and then the program is killed at each of them: what
was acknowledged stays, nothing is told that is not in the history, and the next run ends as if nothing had happened.

strace injects the faults. KPI_FAULTS says how many calls apart the tried ones are (1: every one), KPI_FAULTS_OF_FIRING how
many in the scenario in which an alert begins. The scenarios: an alert begins, ends, becomes worse; data is missing; a rule
is changed and one removed; a value is restated; samples are pruned."""

import json
import os
import shutil
import subprocess
import unittest

from daemon_test import FINE, LOW, MORE_RULES, ROWS, RULES, STILL_LOW
from world import DEADLINE, KPID, Folder, Receiver

APART = int(os.environ.get("KPI_FAULTS", "12"))
FIRES_APART = int(os.environ.get("KPI_FAULTS_OF_FIRING", str(APART)))
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


NO_DATA = RULES.replace("    no_data: {then: hold}\n", "")
PRUNED = CONFIGURATION + "retention: {samples: 30 days}\n"


class Scenario:
    """What is there before, what the step that is disturbed sees, and what it tells."""

    def __init__(self, before, rows, told, day="2024-01-04", **more):
        self.before, self.rows, self.told, self.day = before, rows, told, day
        self.rules, self.new_rules = more.get("rules", RULES), more.get("new_rules")
        self.configuration, self.new_configuration = CONFIGURATION, more.get("new_configuration")

    def prepare(self, folder, receiver):
        folder.write("kpid.yaml", self.configuration % receiver.channel)
        folder.write("rules.yaml", self.rules)
        for day, rows in self.before:
            folder.write("web.csv", rows)
            assert folder.once(day).returncode == 0
        folder.write("web.csv", self.rows)
        if self.new_rules:
            folder.write("rules.yaml", self.new_rules)
        if self.new_configuration:
            folder.write("kpid.yaml", self.new_configuration % receiver.channel)


FIRED = [("2024-01-03", ROWS), ("2024-01-04", ROWS + LOW)]
SCENARIOS = {
    "fires": Scenario([("2024-01-03", ROWS + LOW)], ROWS + LOW, ["alert.firing"]),
    "ends": Scenario(FIRED, ROWS + LOW + "2024-01-04,150\n", ["alert.resolved"], "2024-01-05"),
    "becomes worse": Scenario(FIRED, ROWS + LOW + "2024-01-04,20\n", ["alert.firing"], "2024-01-05",
                              rules=RULES.replace("{warning: 100}", "{warning: 100, critical: 50}")),
    "has no data": Scenario([("2024-01-03", ROWS)], ROWS, ["alert.no_data"], "2024-01-05", rules=NO_DATA),
    "is of a rule that is gone": Scenario(FIRED, ROWS + LOW + STILL_LOW, ["alert.firing", "alert.resolved"], "2024-01-05",
                                          rules=MORE_RULES, new_rules=MORE_RULES.replace("  visits:", "  hits:")),
    "is restated": Scenario(FIRED, ROWS + LOW.replace("80", "180"), ["alert.resolved"], "2024-01-04 06:00"),
    "is pruned": Scenario(FIRED, ROWS + LOW + STILL_LOW + FINE, ["alert.resolved"], "2024-03-20",
                          new_configuration=PRUNED),
}


@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class SystemCallFaults(unittest.TestCase):
    def set_up(self, scenario):
        self.scenario = scenario
        self.receiver = Receiver(self)
        self.before = Folder(self)
        scenario.prepare(self.before, self.receiver)
        known = {row[0] for row in self.before.rows("SELECT id FROM notification")}
        self.earlier = len(self.receiver.messages)
        calm = self.copy()
        done = calm.once(scenario.day)
        self.assertEqual(0, done.returncode, done.stderr)
        self.expected = (calm.ledger(), calm.episodes())
        self.messages = [row for row in calm.rows("SELECT id, type, state FROM notification ORDER BY id") if row[0] not in known]
        self.assertEqual(scenario.told, sorted(kind for _, kind, _ in self.messages))

    def copy(self):
        folder = Folder(self)
        shutil.rmtree(folder.path)
        shutil.copytree(self.before.path, folder.path)
        return folder

    def run_with_fault(self, folder, call, fault, number):
        """False when the program made fewer calls."""
        command = ["strace", "-f", "-qq", "-o", folder.path / "trace", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}",
                   KPID, "run", "--once", "--now", self.scenario.day]
        environment = dict(folder.environment, ASAN_OPTIONS=folder.environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        done = subprocess.run(command, cwd=folder.path, env=environment, capture_output=True, text=True, timeout=DEADLINE, check=False)
        if "ptrace" in done.stderr or "PTRACE" in done.stderr:
            self.skipTest(f"nothing can be traced here: {done.stderr.strip()}")
        trace = (folder.path / "trace").read_text(errors="replace")
        return "INJECTED" in trace or "SIGKILL" in trace or done.returncode < 0

    def run_through(self, call, fault, begin, apart):
        """How many faults were tried."""
        tried = 0
        while True:
            with self.subTest(call=call, fault=fault, number=begin + tried * apart):
                folder = self.copy()
                has_failed = self.run_with_fault(folder, call, fault, begin + tried * apart)
                self.assertEqual([("ok",)], folder.rows("PRAGMA integrity_check"))
                after = folder.once(self.scenario.day)
                self.assertEqual(0, after.returncode, after.stdout + after.stderr)
                self.assertEqual(self.expected, (folder.ledger(), folder.episodes()))
                told = [(row[0], "sent") for row in self.messages]
                self.assertEqual(told, [row for row in folder.rows("SELECT id, state FROM notification ORDER BY id") if row in told])
            if not has_failed:
                return tried
            tried += 1

    def check(self, name):
        self.set_up(SCENARIOS[name])
        # Where not every call is tried, only one scenario meets every fault, and each begins with another call.
        is_whole = APART == 1 or name == "fires"
        apart = FIRES_APART if name == "fires" else APART if is_whole else 2 * APART
        faults = FAULTS if is_whole else [fault for fault in FAULTS if fault[0] in ("pwrite64", "sendto") and "KILL" in fault[1]]
        begin = 1 + list(SCENARIOS).index(name) % apart
        tried = sum(self.run_through(call, fault, begin, apart) for call, fault in faults)
        told = self.receiver.messages[self.earlier:]
        self.assertEqual({row[0] for row in self.messages}, {message_id for message_id, _ in told})  # one id, however often
        self.assertEqual(set(self.scenario.told), {json.loads(body)["type"] for _, body in told})
        print(f"{name}: {tried} faults, {len(told)} deliveries in {tried + 1 + len(faults)} runs", flush=True)
        self.assertGreater(tried, 1)


def check_of(name):
    return lambda self: self.check(name)


for scenario_name in SCENARIOS:
    setattr(SystemCallFaults, "test_each_call_that_fails_costs_nothing_while_an_alert_" + scenario_name.replace(" ", "_"),
            check_of(scenario_name))


if __name__ == "__main__":
    unittest.main(verbosity=2)
