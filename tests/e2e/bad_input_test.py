#!/usr/bin/env python3
"""Whatever stands where a file should be: it is said what is wrong and what to do, everything else goes on, and what
was known stays known."""

import base64
import json
import os
import socket
import unittest

import world
from world import Daemon, Folder, Receiver

CONFIGURATION = """timezone: Europe/Stockholm
history: sqlite:history.db
rules: [rules.yaml]
sources:
  good: {plugin: csv, path: good.csv, metrics: {visits: {kind: flow, unit: visits}}}
  bad: {plugin: csv, path: data/bad.csv, metrics: {visits: {kind: flow, unit: visits}}}
channels:
  hook: %s
routes:
  - match: {}
    to: [hook]
    repeat: 0
"""
RULES = """kpis:
  good_visits: {value: good.visits}
  bad_visits: {value: bad.visits}
  both: {value: good_visits + bad_visits}
"""
HEADER = "date,visits\n"
DAYS = [f"2024-01-0{day},{100 + day}\n" for day in range(1, 10)]


def rows(count):
    return HEADER + "".join(DAYS[:count])


def make_directory(path):
    path.mkdir()


def make_loop(path):
    path.symlink_to(path.name)


def make_pipe(path):
    os.mkfifo(path)


def make_huge(path):
    path.touch()
    os.truncate(path, 600 << 20)  # sparse: it takes no space


def text(contents):
    return lambda path: path.write_bytes(contents.encode() if isinstance(contents, str) else contents)


# What stands at data/bad.csv, and all that is said of it.
UNREADABLE = {
    "nothing": (lambda path: None, "data/bad.csv: no such file: correct the path, or put the file there"),
    "a directory": (make_directory, "data/bad.csv: is a directory: name a regular file"),
    "a named pipe": (make_pipe, "data/bad.csv: is a named pipe: name a regular file"),
    "a link to itself": (make_loop, "data/bad.csv: Too many levels of symbolic links"),
    "600 MB": (make_huge, "data/bad.csv: larger than 512 MiB: split the file, or leave out what is not needed"),
    "an empty file": (text(""), "data/bad.csv:1:1: the file is empty: it must begin with a header line"),
    "an open quote": (text(rows(1) + '2024-01-02,"12\n2024-01-03,13\n'),
                      "data/bad.csv:3:12: the quote that opens here is not closed: close it"),
    "another column": (text(rows(3).replace("visits", "vists")),
                       'data/bad.csv:1:1: no column "visits" for metric visits (did you mean "vists"?): the columns are '
                       "date, vists"),
    "no date anywhere": (text(HEADER + "one,1\ntwo,2\n"),
                         'data/bad.csv:2:1: "one" is not a date as in %Y-%m-%d: correct it, or write date.format as the '
                         "file has it (no row of the file could be read)"),
    "a program": (text(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 20),
                  "data/bad.csv:1: a NUL byte, as in UTF-16: save the file as UTF-8, or convert it with "
                  "`iconv -f UTF-16LE -t UTF-8`"),
}


class BadInput(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.receiver = Receiver(self)
        self.folder = Folder(self)
        self.folder.write("kpid.yaml", CONFIGURATION % self.receiver.channel)
        self.folder.write("rules.yaml", RULES)

    def told(self):
        """Type and subject of each message since the last call."""
        with self.receiver.changed:
            messages, self.receiver.messages = self.receiver.messages, []
        bodies = [json.loads(body) for _, body in messages]
        return [(body["type"], alert["title"], alert["reason"]) for body in bodies for alert in body["data"]["alerts"]]

    def once(self, day, code, said=""):
        """A step at the end of a day of January 2024."""
        done = self.folder.once(f"2024-01-0{day + 1} 00:00")
        self.assertEqual((code, said), (done.returncode, done.stderr), done.stdout)

    def put(self, make):
        path = self.folder.path / "data" / "bad.csv"
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        make(path)

    def values(self, kpi):
        return self.folder.rows("SELECT day, value FROM verdict WHERE kpi = ? AND value IS NOT NULL ORDER BY day", kpi)

    def test_a_source_that_cannot_be_read_is_told_once_and_stops_nothing_else(self):
        for name, (make, said) in UNREADABLE.items():
            with self.subTest(name):
                self.setUp()
                self.folder.write("good.csv", rows(9))
                self.folder.write("data/bad.csv", rows(1))
                self.once(1, 0)
                self.assertEqual([], self.told())
                self.put(make)
                self.once(2, 3, f"kpid: source bad: {said}\n")
                self.assertEqual([("source.error", "bad", said + "; without new data: bad_visits, both")], self.told())
                # A day later its KPIs are without data, too: the source's alert speaks for them.
                self.once(3, 3, f"kpid: source bad: {said}\n")
                self.assertEqual([], self.told())
                self.assertEqual([("bad_visits", "error"), ("both", "error"), ("good_visits", "ok")], self.states())
                self.assertEqual([("2024-01-01", 101.0)], self.values("bad_visits"))
                self.assertEqual(3, len(self.values("good_visits")))
                self.put(text(rows(4)))
                self.once(4, 0)
                self.assertEqual([("source.recovered", "bad", "it can be read again")], self.told())
                self.assertEqual([("bad_visits", "ok"), ("both", "ok"), ("good_visits", "ok")], self.states())
                self.assertEqual([(f"2024-01-0{day}", 200.0 + 2 * day) for day in range(1, 5)], self.values("both"))

    def states(self):
        return self.folder.rows("""SELECT kpi.name, word.text FROM status JOIN line ON line.id = line_id
                                   JOIN kpi ON kpi.id = kpi_id JOIN word ON word.id = status.state ORDER BY 1""")

    def test_what_a_recovered_source_still_lacks_is_told_then(self):
        self.folder.write("good.csv", rows(9))
        self.folder.write("data/bad.csv", rows(1))
        self.once(1, 0)
        self.put(make_directory)
        for day in (2, 3, 4):
            self.once(day, 3, "kpid: source bad: data/bad.csv: is a directory: name a regular file\n")
        self.assertEqual(["source.error"], [message[0] for message in self.told()])
        self.put(text(rows(1)))  # readable again, with nothing new
        self.once(5, 0)
        self.assertEqual([("alert.no_data", "bad_visits"), ("alert.no_data", "both"), ("source.recovered", "bad")],
                         sorted(message[:2] for message in self.told()))

    def test_bad_rows_are_named_and_the_others_count(self):
        self.folder.write("good.csv", rows(9))
        self.folder.write("data/bad.csv", HEADER + "2024-01-01,101\nyesterday,5\n2024-01-02,many\n2024-01-03\n2024-01-04,104\n")
        self.once(4, 0, "".join(f"kpid: source bad: data/bad.csv:{line}\n" for line in (
            '3:1: "yesterday" is not a date as in %Y-%m-%d: correct it, or write date.format as the file has it',
            '4:12: "many" is not a number: write digits, or leave the cell empty where there is no value',
            "5:11: 1 cells where the header has 2: write every cell, empty ones too")))
        self.assertEqual([("2024-01-01", 101.0), ("2024-01-04", 104.0)], self.values("bad_visits"))
        self.assertEqual([(3,)], self.folder.rows("SELECT problem_count FROM source WHERE name = 'bad'"))

    def test_time_does_not_go_back(self):
        self.folder.write("good.csv", rows(9))
        self.folder.write("data/bad.csv", rows(9))
        self.once(5, 0)
        before = self.folder.ledger()
        self.once(4, 2, "kpid: --now 2024-01-04T23:00:00Z lies before the last step at 2024-01-05T23:00:00Z: what has been "
                        "judged cannot be unseen\n")
        self.assertEqual(before, self.folder.ledger())
        self.once(5, 0)  # the same time again is fine, and changes nothing
        self.assertEqual(before, self.folder.ledger())

    def test_a_time_that_is_none_is_wrong_usage(self):
        done = self.folder.once("soon")
        self.assertEqual((2, "", 'kpid: --now wants a time such as 2026-03-31T06:00:00Z or "2026-03-31 06:00", got "soon"\n'),
                         (done.returncode, done.stdout, done.stderr))
        done = self.folder.run("run", "--now", "2024-01-01")
        self.assertEqual((2, "", "kpid: --now goes with --once\n"), (done.returncode, done.stdout, done.stderr))
        self.assertFalse(self.folder.history.exists())

    def test_all_that_is_wrong_in_all_files_comes_in_one_pass(self):
        self.folder.write("kpid.yaml", """timezone: Europe/Stokholm
history: sqlite:history.db
rules: [rules.yaml, more.yaml]
sources:
  good: {plugin: csv, path: good.csv, metrics: {visits: {kind: flwo}}}
  bad: {plugin: csv, path: bad.csv, date: {format: "%Y"}, metrics: {visits: {kind: flow}}}
channels:
  hook: {type: webhook, url: "http://127.0.0.1:1/", secret: "${env:NO_SUCH_SECRET}"}
routes:
  - match: {}
    to: [hok]
""")
        self.folder.write("rules.yaml", "kpis:\n  a: {value: good.vists}\n  b: {value: bad.visits, evry: day}\n")
        self.folder.write("more.yaml", "kpis:\n  c: {value: bad.visits, thresholds: {warning: 1, critical: 2}}\n")
        done = self.folder.once("2024-01-05")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertEqual("""kpid.yaml:1:11: error: timezone wants a time zone such as Europe/Stockholm, got "Europe/Stokholm"
  1 | timezone: Europe/Stokholm
    |           ^~~~~~~~~~~~~~~
  help: did you mean "Europe/Stockholm"?
kpid.yaml:5:64: error: kind wants one of flow, level, mean, distinct, got "flwo"
  5 |   good: {plugin: csv, path: good.csv, metrics: {visits: {kind: flwo}}}
    |                                                                ^~~~
  help: did you mean "flow"?
kpid.yaml:6:52: error: date format "%Y" does not tell the day
  6 |   bad: {plugin: csv, path: bad.csv, date: {format: "%Y"}, metrics: {visits: {kind: flow}}}
    |                                                    ^~~~
  help: write the format of a finer date, or a coarser grain
kpid.yaml:8:61: error: the environment variable NO_SUCH_SECRET is not set
  8 |   hook: {type: webhook, url: "http://127.0.0.1:1/", secret: "${env:NO_SUCH_SECRET}"}
    |                                                             ^~~~~~~~~~~~~~~~~~~~~~~
kpid.yaml:11:10: error: there is no channel "hok"
  11 |     to: [hok]
     |          ^~~
  help: did you mean "hook"?
rules.yaml:2:14: error: there is no metric "good.vists"
  2 |   a: {value: good.vists}
    |              ^~~~~~~~~~
  help: did you mean "good.visits"?
rules.yaml:3:26: error: unknown key "evry" in kpis.b
  3 |   b: {value: bad.visits, evry: day}
    |                          ^~~~
  help: did you mean "every"?
more.yaml:2:61: error: critical 2 is reached before warning 1: with better: higher a value below is a miss
  2 |   c: {value: bad.visits, thresholds: {warning: 1, critical: 2}}
    |                                                             ^
  help: swap the limits, or write better: lower
""", done.stderr)
        self.assertFalse(self.folder.history.exists())

    def test_a_history_in_use_is_left_alone(self):
        self.folder.write("good.csv", rows(1))
        self.folder.write("data/bad.csv", rows(1))
        daemon = Daemon(self, self.folder)
        daemon.wait_for("watching 3 KPIs")
        done = self.folder.once("2030-01-01")
        self.assertEqual(3, done.returncode)
        self.assertRegex(done.stderr, r'kpid: the history "\S*/history.db" is in use by process \d+ ')


class Secrets(unittest.TestCase):
    """A secret is nowhere but on the wire."""

    CANARY = "kanariefagel-som-inte-far-synas-0123456789"

    def test_a_secret_appears_nowhere(self):
        folder = Folder(self)
        with socket.socket() as closed:  # a port at which nobody answers
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/{self.CANARY}"
            folder.environment.update(KPID_SHOP_SECRET=self.CANARY, KPID_SHOP_URL=url)
            channel = '{type: webhook, url: "${env:KPID_SHOP_URL}", secret: "${env:KPID_SHOP_SECRET}", allow_private: [127.0.0.0/8]}'
            folder.write("kpid.yaml", CONFIGURATION % channel)
            folder.write("rules.yaml", RULES.replace("{value: good.visits}", "{value: good.visits, thresholds: {warning: 1000}}"))
            folder.write("good.csv", rows(3))
            folder.write("data/bad.csv", rows(3))
            said = ""
            for words in (["check"], ["run", "--once", "--now", "2024-01-04"], ["status"], ["status", "--json"],
                          ["explain", "good_visits"], ["alerts"], ["run", "--once", "--now", "2024-01-05", "--json"]):
                done = folder.run(*words)
                said += done.stdout + done.stderr
            self.assertIn("not delivered to hook", said)
            daemon = Daemon(self, folder)
            daemon.wait_for("Failed to connect")
            folder.write("kpid.yaml", CONFIGURATION % channel.replace("webhook", "webhok"))
            daemon.send(world.signal.SIGHUP)
            daemon.wait_for("the last good one goes on")
            daemon.send(world.signal.SIGTERM)
            self.assertEqual(0, daemon.wait())
        said += daemon.text
        files = {path.name: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
        self.assertIn("history.db", files)
        for form in (self.CANARY, base64.b64encode(self.CANARY.encode()).decode().rstrip("="), self.CANARY.encode().hex()):
            self.assertNotIn(form, said)
            for name, contents in files.items():
                self.assertNotIn(form.encode(), contents, name)


if __name__ == "__main__":
    world.main()
