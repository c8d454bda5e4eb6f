#!/usr/bin/env python3
"""Hostile files: each is refused or read within memory and processor time that the kernel enforces (RLIMIT_AS,
RLIMIT_CPU), never by a crash, and with a word about what is wrong. KPI_LIMITS=1 prints what each took."""

import os
import pathlib
import resource
import subprocess
import unittest

import world
from world import Folder, is_sanitized

MEMORY = 256 << 20  # bytes of addresses, libraries included
SECONDS = 10  # of processor time
MANY = 100_000

CONFIGURATION = """timezone: Etc/UTC
history: sqlite:history.db
rules: [rules.yaml]
sources:
  web: {plugin: %s, path: data, %smetrics: {visits: {kind: flow}}}
channels: {terminal: {type: console}}
routes: [{match: {}, to: [terminal]}]
"""
RULES = "kpis:\n  visits: {value: web.visits}\n"


def laughs():
    return "a0: &a0 [ha, ha]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40)) + RULES


def value(text):
    return "kpis:\n  visits: {value: '" + text + "'}\n"


HOSTILE_RULES = {
    "a billion laughs": laughs(),
    "a megabyte of [": "[" * (1 << 20),
    "a megabyte of {": "{" * (1 << 20),
    "a deep list": "kpis: " + "[" * 50_000 + "]" * 50_000,
    "deep maps": "".join(" " * i + f"k{i}:\n" for i in range(2_000)),
    "a scalar of 10 MB": "kpis:\n  visits: {value: web.visits, title: " + "x" * (10 << 20) + "}\n",
    "a quoted scalar without an end": "kpis: '" + "x" * (1 << 20),
    "100,000 keys": RULES + "".join(f"k{i}: 1\n" for i in range(MANY)),
    "100,000 documents": "--- 1\n" * MANY,
    "100,000 questions": "? " * MANY,
    "100,000 dashes": "- " * MANY,
    "a line of a megabyte": RULES + "#" + " " * (1 << 20),
    "a megabyte of zeros": "\0" * (1 << 20),
    "an expression of 100,000 brackets": value("(" * MANY + "web.visits" + ")" * MANY),
    "an expression of 100,000 minuses": value("-" * MANY + "web.visits"),
    "an expression of 100,000 sums": value("web.visits" + " + web.visits" * MANY),
    "a number of 100,000 digits": value("9" * MANY),
    "a name of 100,000 letters": value("web." + "v" * MANY),
}

ROW = b"2026-03-01,1\n"
HOSTILE_CSV = {
    "a line of 8 MB": b"date,visits\n" + b"x" * (8 << 20),
    "a quote without an end": b'date,visits\n"' + ROW * MANY,
    "100,000 columns": b"date,visits" + b",c" * MANY + b"\n" + ROW,
    "100,000 commas": b"date,visits\n" + b"," * MANY + b"\n" + ROW,
    "100,000 rows of nothing": b"date,visits\n" + b"\n" * MANY,
    "a number of a megabyte": b"date,visits\n2026-03-01," + b"1" * (1 << 20) + b"\n",
    "zeros": b"date,visits\n" + b"\0" * (1 << 20),
}
HOSTILE_JSON = {
    "a megabyte of [": b"[" * (1 << 20),
    "a megabyte of {": b'{"a":' * (1 << 18),
    "a deep list with its end": b"[" * 100_000 + b"]" * 100_000,
    "a string of 8 MB": b'[{"date": "' + b"x" * (8 << 20) + b'", "visits": 1}]',
    "100,000 keys": b"[{" + b",".join(b'"k%d":1' % i for i in range(MANY)) + b"}]",
    "a number of a megabyte": b'[{"date": "2026-03-01", "visits": ' + b"1" * (1 << 20) + b"}]",
    "cut off": b'[{"date": "2026-03-01", "visits": 1}' * 1000,
}


class Limits(unittest.TestCase):
    def setUp(self):
        self.folder = Folder(self)

    def spend(self, name, *words):
        """Runs the program; what it said. It may not be killed, nor use more than the limits."""
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            if not is_sanitized():  # a sanitizer takes terabytes of addresses
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        ended = subprocess.run([world.KPID, *words], cwd=self.folder.path, env=self.folder.environment,
                               capture_output=True, text=True, errors="replace", check=False, preexec_fn=limit)
        if os.environ.get("KPI_LIMITS"):
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            print(f"{name}: exit {ended.returncode}, {used.ru_utime - before:.2f} CPU-s, {len(ended.stderr)} bytes said: "
                  f"{ended.stderr[:100]!r}")
        self.assertIn(ended.returncode, (0, 1, 3), ended.stderr[-2000:])
        self.assertNotIn("out of memory", ended.stderr)
        self.assertLess(len(ended.stdout + ended.stderr), 100_000)
        return ended

    def test_rules_that_are_hostile(self):
        self.folder.write("kpid.yaml", CONFIGURATION % ("csv", ""))
        self.folder.write("data", b"date,visits\n" + ROW)
        for name, rules in HOSTILE_RULES.items():
            with self.subTest(name):
                self.folder.write("rules.yaml", rules)
                ended = self.spend(name, "check")
                self.assertEqual(0 if name == "a line of a megabyte" else 1, ended.returncode, ended.stderr)
                self.assertTrue(ended.returncode == 0 or "rules.yaml:" in ended.stderr, ended.stderr)

    def test_data_that_are_hostile(self):
        self.folder.write("rules.yaml", RULES)
        for plugin, more, files in (("csv", "", HOSTILE_CSV), ("json", "date: {column: date}, ", HOSTILE_JSON)):
            self.folder.write("kpid.yaml", CONFIGURATION % (plugin, more))
            for name, data in files.items():
                with self.subTest(f"{plugin}: {name}"):
                    self.folder.write("data", data)
                    self.spend(f"{plugin}: {name}", "source", "test", "web")


if __name__ == "__main__":
    world.main()
