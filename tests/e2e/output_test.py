#!/usr/bin/env python3
"""What the program prints is whole, or it says that it is not; with --json it is one document, whatever else is told."""

import json
import subprocess
import unittest

import world
from world import KPID, Folder

CONFIGURATION = """timezone: UTC
rules: [rules.yaml]
sources: {web: {plugin: csv, path: web.csv, date: {column: Date}, metrics: {visits: {column: Visits, kind: flow}}}}
channels: {screen: {type: console}}
routes: [{match: {}, to: [screen]}]
"""
RULES = "kpis: {visits: {title: Visits, value: web.visits, thresholds: {warning: 100}}}\n"


class Output(unittest.TestCase):
    def setUp(self):
        self.folder = Folder(self)
        self.folder.write("kpid.yaml", CONFIGURATION)
        self.folder.write("rules.yaml", RULES)
        self.folder.write("web.csv", "Date,Visits\n2026-03-01,150\n2026-03-02,50\n")

    def test_with_json_a_message_to_the_console_is_not_in_the_document(self):
        done = self.folder.run("run", "--once", "--now", "2026-03-03", "--json")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(1, len(json.loads(done.stdout)["messages"]))
        self.assertIn("below 100", done.stderr)
        tried = self.folder.run("channel", "test", "screen", "--json")
        self.assertTrue(json.loads(tried.stdout)["delivered"])

    def test_that_cannot_be_written_is_no_success(self):
        self.assertEqual(0, self.folder.run("run", "--once", "--now", "2026-03-03").returncode)
        for verb in (["status"], ["status", "--json"], ["explain", "visits"], ["history", "export", "visits", "--format", "csv"]):
            with self.subTest(verb=verb), open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([KPID, *verb], cwd=self.folder.path, env=self.folder.environment, stdout=full,
                                      stderr=subprocess.PIPE, text=True, check=False)
                self.assertEqual((3, "kpid: the output could not be written: it is not whole\n"), (done.returncode, done.stderr))


if __name__ == "__main__":
    world.main()
