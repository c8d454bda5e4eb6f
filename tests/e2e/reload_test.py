#!/usr/bin/env python3
"""Configuration that changes while kpid runs, and that is broken when it starts: all of it is taken or nothing, the last
good one goes on, and somebody is told."""

import json
import os
import pathlib
import random
import re
import signal
import socket
import unittest
import urllib.error
import urllib.request

import world
from daemon_test import CONFIGURATION, FINE, LOW, MORE_RULES, ROWS, RULES, STILL_LOW
from world import Daemon, Folder, Receiver

BROKEN_RULES = RULES.replace("value: web.visits", "value: web.vists")
NO_METRIC = 'rules.yaml:4:12: error: there is no metric "web.vists"'
SOAK = int(os.environ.get("KPI_SOAK", "20"))  # reloads, twice
STORM = int(os.environ.get("KPI_STORM", "20"))  # mutated configurations


class Reload(unittest.TestCase):
    def setUp(self):
        self.receiver = Receiver(self)
        self.folder = Folder(self)
        self.configuration = CONFIGURATION % self.receiver.channel
        self.folder.write("kpid.yaml", self.configuration)
        self.folder.write("rules.yaml", RULES)
        self.folder.write("web.csv", ROWS)

    def told(self):
        return [json.loads(body) for _, body in self.receiver.messages]

    def stop(self, daemon):
        daemon.send(signal.SIGTERM)
        self.assertEqual(0, daemon.wait(), daemon.text)

    def start_firing(self):
        daemon = Daemon(self, self.folder)
        daemon.wait_for("2 new samples")
        self.folder.write("web.csv", ROWS + LOW)
        self.receiver.wait_for(1)
        return daemon

    def status(self):
        return json.loads(self.folder.run("status", "--json").stdout)

    def test_a_file_that_changes_is_loaded_by_itself(self):
        daemon = self.start_firing()
        self.folder.write("rules.yaml", MORE_RULES)
        daemon.wait_for("reloaded: 2 KPIs")
        self.stop(daemon)
        self.assertEqual(["alert.firing"], [message["type"] for message in self.told()])

    def test_a_file_that_comes_is_loaded_by_itself(self):
        self.folder.write("kpid.yaml", self.configuration.replace("[rules.yaml]", '["ru*.yaml"]'))
        daemon = self.start_firing()
        self.folder.write("rules_too.yaml", MORE_RULES.split("\n", 1)[0] + "\n" + MORE_RULES[MORE_RULES.index("  weekly"):])
        daemon.wait_for("reloaded: 2 KPIs")
        self.stop(daemon)

    def test_a_token_that_has_leaked_ends_with_the_reload_that_changes_it(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        listen = self.configuration + f"\nlisten: 127.0.0.1:{port}\n"
        self.folder.write("kpid.yaml", listen + "token: the-token-that-has-leaked\n")
        daemon = self.start_firing()

        def written_with(token):
            asked = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/reload", b"{}", {
                "Content-Type": "application/json", "Authorization": "Bearer " + token})
            try:
                with urllib.request.urlopen(asked, timeout=30) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code

        self.assertEqual(200, written_with("the-token-that-has-leaked"))
        self.folder.write("kpid.yaml", listen + "token: another-token-of-the-api\n")
        self.folder.run("reload")
        self.assertEqual(401, written_with("the-token-that-has-leaked"))
        self.assertEqual(200, written_with("another-token-of-the-api"))
        self.folder.write("kpid.yaml", self.configuration)
        self.assertIn("listen is that of the start until kpid is started again", self.folder.run("reload").stdout)
        self.assertEqual(403, written_with("another-token-of-the-api"))
        self.stop(daemon)

    def test_a_change_that_is_refused_is_told_once_and_by_status_until_it_is_mended(self):
        daemon = self.start_firing()
        self.folder.write("rules.yaml", BROKEN_RULES)
        self.receiver.wait_for(2)
        refused = self.told()[1]
        self.assertEqual("config.error", refused["type"])
        self.assertIn(NO_METRIC, refused["data"]["text"])
        again = self.folder.run("reload")
        self.assertEqual((1, 1), (again.returncode, again.stderr.count(NO_METRIC)), again.stderr)  # they are not told again
        config = self.status()["config"]
        self.assertEqual(False, config["ok"])
        said = self.folder.run("status")
        self.assertEqual(0, said.returncode, said.stderr)
        self.assertIn("The files of the configuration are not what runs", said.stdout)
        self.assertIn(NO_METRIC, said.stderr)
        self.folder.write("rules.yaml", RULES)
        daemon.wait_for("reloaded: 1 KPI")
        self.folder.write("web.csv", ROWS + LOW + STILL_LOW + FINE)
        self.receiver.wait_for(3)
        self.stop(daemon)
        self.assertEqual(["alert.firing", "config.error", "alert.resolved"], [message["type"] for message in self.told()])
        self.assertEqual({"ok": True, "refused": None}, self.status()["config"])

    def test_a_start_on_broken_files_goes_on_with_the_last_good_ones(self):
        for broken, error in (({"rules.yaml": BROKEN_RULES}, NO_METRIC),
                              ({"kpid.yaml": "history: sqlite:history.db\nsources: [\n"}, "kpid.yaml:2:10: error: ")):
            with self.subTest(broken=list(broken)):
                self.setUp()
                self.stop(self.start_firing())
                for name, text in broken.items():
                    self.folder.write(name, text)
                self.assertEqual(1, self.folder.run("run", "--once").returncode)  # it never falls back
                daemon = Daemon(self, self.folder)
                daemon.wait_for(error)
                daemon.wait_for("the configuration has errors; the daemon was started with the last good one, of 20")
                self.receiver.wait_for(2)
                self.assertEqual("config.error", self.told()[1]["type"])
                self.folder.write("web.csv", ROWS + LOW + STILL_LOW + FINE)
                self.receiver.wait_for(3)
                self.assertEqual("alert.resolved", self.told()[2]["type"])
                self.stop(daemon)

    def test_without_a_good_one_it_does_not_start(self):
        self.folder.write("rules.yaml", BROKEN_RULES)
        said = self.folder.run("run")
        self.assertEqual((1, ""), (said.returncode, said.stdout))
        self.assertIn(NO_METRIC, said.stderr)
        self.assertIn("kpid: it cannot start: no configuration was kept that was right\n", said.stderr)
        self.assertFalse(self.folder.history.exists())

    def test_what_is_kept_holds_no_secret_and_is_for_nobody_else(self):
        daemon = self.start_firing()
        self.stop(daemon)
        kept = self.folder.path / "history.db.last-good.json"
        self.assertEqual(0o600, kept.stat().st_mode & 0o777)
        self.assertNotIn(world.SECRET, kept.read_text())
        self.assertIn("${env:HOOK_SECRET}", kept.read_text())

    def test_reloads_polls_and_programs_leave_nothing_behind(self):
        """Memory, files, threads and children after many are those after some."""
        program = self.folder.write("tool/p.sh", "#!/bin/sh\nread -r question\necho '{\"kpid\": 1}'\necho '{\"date\": \"2024-01-01\", \"values\": {\"a\": 1}}'\n")
        program.chmod(0o755)
        self.folder.write("kpid.yaml", self.configuration.replace(
            "channels:", "  tool: {plugin: exec, command: [tool/p.sh], every: 1s, metrics: {a: {kind: flow}}}\nchannels:"))
        daemon = self.start_firing()

        def holds():
            status = (self.process_folder(daemon) / "status").read_text()
            number = lambda key: int(re.search(rf"^{key}:\s+(\d+)", status, re.M).group(1))
            files = len(list((self.process_folder(daemon) / "fd").iterdir()))
            return number("VmRSS"), number("Threads"), files

        seen = []
        for _ in range(2):
            for _ in range(SOAK):
                self.assertEqual(0, self.folder.run("reload").returncode)
            world.wait_until(lambda: holds()[2] <= 40, "files are closed")
            seen.append(holds())
        (memory, _, _), (later, threads, files) = seen
        # A sanitizer keeps what is freed; by the terabytes of its shadow it is known, linked in or not.
        peak = re.search(r"^VmPeak:\s+(\d+)", (self.process_folder(daemon) / "status").read_text(), re.M)
        if int(peak.group(1)) < 1 << 30:  # kB
            self.assertLess(later, memory * 1.05 + 1024, seen)
        self.assertLessEqual(threads, 20, seen)
        self.assertLessEqual(files, 40, seen)
        self.assertLessEqual((self.folder.path / "history.db-wal").stat().st_size, 8 << 20)
        children = (self.process_folder(daemon) / "task" / str(daemon.process.pid) / "children").read_text().split()
        self.assertLessEqual(len(children), 1, children)  # the program that may be running now
        print(f"{2 * SOAK} reloads: {memory} kB, then {later} kB; {threads} threads, {files} files", flush=True)
        self.stop(daemon)

    @staticmethod
    def process_folder(daemon):
        return pathlib.Path("/proc") / str(daemon.process.pid)

    def test_a_storm_of_broken_files_loses_and_repeats_nothing(self):
        """Seeded mutations: each is taken whole or refused, and the alert that fires is told neither again nor never."""
        dice = random.Random(20240103)
        daemon = self.start_firing()
        taken = refused = 0
        for _ in range(STORM):
            text = bytearray(RULES.encode())
            for _ in range(dice.randint(1, 4)):
                place = dice.randrange(8, len(text))
                act = dice.randrange(3)
                if act == 0:
                    text[place] = dice.randrange(256)
                elif act == 1:
                    del text[place:place + dice.randrange(1, 30)]
                else:
                    text[place:place] = dice.choice([b"\t", b"- ", b"&a [*a]", b"{", b"'", b"\xff", b"x" * 5000, b"\n  visits:\n"])
                text = text or bytearray(b" ")
            self.folder.write("rules.yaml", bytes(text))
            code = self.folder.run("reload").returncode
            self.assertIn(code, (0, 1))
            taken, refused = taken + (code == 0), refused + (code == 1)
            self.assertIsNone(daemon.process.poll(), daemon.text)
        self.assertGreater(refused, STORM // 3)
        self.folder.write("rules.yaml", RULES)
        self.assertEqual(0, self.folder.run("reload").returncode)
        self.folder.write("web.csv", ROWS + LOW + STILL_LOW + FINE)
        daemon.wait_for("1 new sample")
        wait = world.wait_until
        wait(lambda: self.told()[-1]["type"] == "alert.resolved", "the end is told")
        self.stop(daemon)
        states = [message["type"] for message in self.told() if message["type"].startswith("alert.")]
        # A mutation that is right may change the condition or drop the rule: then the alert ends, and begins again.
        for before, after in zip(states, states[1:]):
            self.assertNotEqual(before, after, states)
        texts = [message["data"]["text"] for message in self.told() if message["type"] == "config.error"]
        self.assertLessEqual(len(texts), refused)
        self.assertEqual([("ok",)], self.folder.rows("PRAGMA integrity_check"))
        self.assertFalse(re.search(r"terminate|Sanitizer", daemon.text), daemon.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
