#!/usr/bin/env python3
"""The daemon by itself: it polls, judges and tells, takes new rules while it runs, and survives its end.

The data is of January 2024, days long past whatever the clock says; after its last row nothing is missed, because the
rules hold their state without data."""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest
import urllib.request

import world
from world import Daemon, Folder, Receiver, is_sanitized, wait_until

CONFIGURATION = """timezone: Europe/Stockholm
history: sqlite:history.db
rules: [rules.yaml]
sources:
  web: {plugin: csv, path: web.csv, every: 1s, metrics: {visits: {kind: flow, unit: visits}}}
channels:
  terminal: {type: console}
  hook: %s
routes:
  - match: {}
    to: [terminal, hook]
    wait: 0s
    interval: 0s
"""
RULES = """kpis:
  visits:
    title: Visits
    value: web.visits
    thresholds: {warning: 100}
    no_data: {then: hold}
"""
MORE_RULES = RULES.replace("title: Visits", "title: Visits a day") + """  weekly_visits:
    value: web.visits
    every: week
    no_data: {then: hold}
"""
ROWS = "date,visits\n2024-01-01,120\n2024-01-02,130\n"
LOW = "2024-01-03,80\n"
STILL_LOW = "2024-01-04,90\n"
FINE = "2024-01-05,140\n"


def without_clock(text):
    """What a command printed, without the times of the clock: the source is polled each second, also between two calls."""
    return re.sub(r"\d\d:\d\d:\d\d\.\d{3}Z", "", text)


class RunningDaemon(unittest.TestCase):
    def setUp(self):
        self.receiver = Receiver(self)
        self.folder = Folder(self)
        self.folder.write("kpid.yaml", CONFIGURATION % self.receiver.channel)
        self.folder.write("rules.yaml", RULES)
        self.folder.write("web.csv", ROWS)

    def told(self):
        """Type, title and episode of every message, in the order in which they came."""
        told = []
        for _, body in self.receiver.messages:
            message = json.loads(body)
            alert = (message["data"].get("alerts") or [{"title": "", "id": ""}])[0]
            told.append((message["type"], alert["title"], alert["id"]))
        return told

    def stop(self, daemon):
        began = time.monotonic()
        daemon.send(signal.SIGTERM)
        code = daemon.wait()
        took = time.monotonic() - began
        self.assertEqual(0, code, daemon.text)
        self.assertLess(took, 5)  # a second is left to messages on their way

    def start_firing(self):
        daemon = Daemon(self, self.folder)
        daemon.wait_for("2 new samples")
        self.folder.write("web.csv", ROWS + LOW)
        self.receiver.wait_for(1)
        return daemon

    def test_a_row_that_is_appended_is_judged_and_told(self):
        daemon = self.start_firing()
        daemon.wait_for("80 visits, below 100 visits")
        self.assertEqual([("alert.firing", "Visits")], [message[:2] for message in self.told()])
        self.stop(daemon)
        self.assertEqual([("2024-01-01", 120.0, "met"), ("2024-01-02", 130.0, "met"), ("2024-01-03", 80.0, "missed")],
                         self.folder.rows("SELECT day, value, verdict FROM verdict WHERE value IS NOT NULL ORDER BY day"))
        self.assertEqual([("hook", "sent", 1), ("terminal", "sent", 1)],
                         self.folder.rows("SELECT channel, state, attempts FROM notification ORDER BY channel"))

    def test_a_reload_of_a_broken_file_keeps_the_old_rules_and_says_where_it_is_broken(self):
        daemon = self.start_firing()
        self.folder.write("rules.yaml", RULES.replace("value: web.visits", "value: web.vists"))
        daemon.send(signal.SIGHUP)
        daemon.wait_for('rules.yaml:4:12: error: there is no metric "web.vists"')
        daemon.wait_for("the configuration has errors; the last good one goes on")
        self.folder.write("web.csv", ROWS + LOW + STILL_LOW + FINE)
        self.receiver.wait_for(3)
        firing, refused, resolved = self.told()
        self.assertEqual("config.error", refused[0])
        self.assertEqual(("alert.resolved", "Visits", firing[2]), resolved)
        self.stop(daemon)

    def test_a_reload_takes_new_rules_and_keeps_what_fires(self):
        daemon = self.start_firing()
        self.folder.write("rules.yaml", MORE_RULES)
        daemon.send(signal.SIGHUP)
        daemon.wait_for("reloaded: 2 KPIs")
        self.folder.write("web.csv", ROWS + LOW + STILL_LOW)
        daemon.wait_for("1 new sample")
        self.folder.write("web.csv", ROWS + LOW + STILL_LOW + FINE)
        self.receiver.wait_for(2)
        firing, resolved = self.told()  # and nothing between
        self.assertEqual(("alert.firing", "Visits"), firing[:2])
        self.assertEqual(("alert.resolved", "Visits a day", firing[2]), resolved)
        self.stop(daemon)
        self.assertEqual([("visits",), ("weekly_visits",)], self.folder.rows("SELECT DISTINCT kpi FROM verdict ORDER BY kpi"))

    def test_a_rule_that_is_removed_ends_its_alert(self):
        daemon = self.start_firing()
        self.folder.write("rules.yaml", RULES.replace("    thresholds: {warning: 100}\n", ""))
        daemon.send(signal.SIGHUP)
        self.receiver.wait_for(2)
        firing, resolved = self.told()
        self.assertEqual(("alert.resolved", "Visits", firing[2]), resolved)
        self.assertEqual("the rule was removed", json.loads(self.receiver.messages[1][1])["data"]["alerts"][0]["reason"])
        self.stop(daemon)
        self.assertEqual([("rule_removed",)], self.folder.rows("SELECT reason FROM alert_episode"))

    def test_after_a_kill_nothing_is_told_twice(self):
        daemon = self.start_firing()
        daemon.wait_for("80 visits, below 100 visits")
        daemon.send(signal.SIGKILL)
        daemon.wait()
        again = Daemon(self, self.folder)
        again.wait_for("watching 1 KPI")
        self.folder.write("web.csv", ROWS + LOW + STILL_LOW + FINE)
        wait_until(lambda: any(told[0] == "alert.resolved" for told in self.told()), "the end is told")
        self.stop(again)
        # Killed before it had written that the message was out, it sends the same message again, with the same id.
        told = list(dict(self.receiver.messages).values())
        self.assertEqual(["alert.firing", "alert.resolved"], [json.loads(body)["type"] for body in told])
        self.assertEqual([("ok",)], self.folder.rows("PRAGMA integrity_check"))

    def test_a_receiver_that_is_down_gets_its_message_later(self):
        self.receiver.status = 503
        daemon = self.start_firing()
        daemon.wait_for("503")
        self.receiver.status = 204
        self.receiver.wait_for(2)
        daemon.wait_for("80 visits, below 100 visits")
        self.stop(daemon)
        self.assertEqual(1, len(set(self.receiver.messages)))

    def test_a_receiver_that_never_answers_does_not_keep_it_from_stopping(self):
        self.receiver.answers.clear()
        daemon = self.start_firing()
        self.stop(daemon)
        self.assertEqual([("queued", 0)], self.folder.rows("SELECT state, attempts FROM notification WHERE channel = 'hook'"))
        self.receiver.answers.set()
        again = Daemon(self, self.folder)
        self.receiver.wait_for(2)
        again.wait_for("watching 1 KPI")
        self.stop(again)
        self.assertEqual(1, len(set(self.receiver.messages)))  # the same message, with the same id

    def test_a_driver_that_does_not_heed_the_stop_does_not_keep_it_from_stopping(self):
        shutil.copyfile(os.environ["KPI_ECHO_PLUGIN"], self.folder.path / "deaf.so")
        os.chmod(self.folder.path / "deaf.so", 0o755)
        source = "  deaf: {plugin: shared, library: ./deaf.so, settings: {is: deaf}, metrics: {n: {}}}\nchannels:"
        self.folder.write("kpid.yaml", (CONFIGURATION % self.receiver.channel).replace("channels:", source, 1))
        daemon = Daemon(self, self.folder)
        daemon.wait_for("2 new samples")
        self.stop(daemon)
        self.assertIn("some polls do not heed the stop; they are given up", daemon.text)

    def test_the_log_may_be_json(self):
        process = self.folder.start("run", "--log", "json", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            line = json.loads(process.stderr.readline())
            self.assertEqual(("info", "watching 1 KPI of 1 source"), (line["level"], line["message"]))
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        finally:
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate()
        for line in rest.splitlines():
            self.assertEqual({"time", "level", "message"}, set(json.loads(line)))

    def test_metrics_count_polls_steps_and_deliveries_as_prometheus_reads_them(self):
        self.folder.write("kpid.yaml", "listen: 127.0.0.1:0\n" + CONFIGURATION % self.receiver.channel)
        daemon = Daemon(self, self.folder, "--debug")
        daemon.wait_for("listening on ")
        address = re.search(r"listening on (\S+)", daemon.text).group(1)
        daemon.wait_for("2 new samples")
        self.folder.write("web.csv", ROWS + LOW)
        self.receiver.wait_for(1)
        daemon.wait_for(": delivered")
        daemon.wait_for("source web: unchanged")
        value = {}

        def has_delivered():
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
                self.text = answer.read().decode()
            value.update(re.findall(r"^(kpid_\S+) (\S+)$", self.text, re.MULTILINE))
            return float(value['kpid_channel_delivered_total{channel="hook"}']) == 1

        wait_until(has_delivered, "the delivery is counted")
        self.assertGreaterEqual(float(value['kpid_source_poll_seconds_count{source="web"}']), 2)
        self.assertGreater(float(value['kpid_source_poll_seconds_sum{source="web"}']), 0)
        self.assertEqual("0", value['kpid_source_polls_failed_total{source="web"}'])
        self.assertEqual("0", value['kpid_channel_oldest_queued_seconds{channel="hook"}'])
        self.assertEqual("3", value["kpid_samples_total"])
        self.assertGreater(float(value["kpid_step_seconds_sum"]), 0)
        judged = subprocess.run(["promtool", "check", "metrics"], input=self.text, capture_output=True, text=True,
                                timeout=60)
        self.assertEqual((0, ""), (judged.returncode, judged.stderr))
        self.stop(daemon)

    def test_without_memory_it_says_so_and_ends_and_the_next_start_misses_nothing(self):
        if is_sanitized():
            self.skipTest("a sanitizer has memory of its own, which a limit would take away")
        daemon = Daemon(self, self.folder)
        daemon.wait_for("2 new samples")
        status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
        taken = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:"))
        resource.prlimit(daemon.process.pid, resource.RLIMIT_DATA, ((taken + 512) << 10,) * 2)
        wide = "".join(f",{'x' * 100}{i}" for i in range(100_000))  # columns that nobody asked for
        self.folder.write("web.csv", ROWS.replace("visits", "visits" + wide, 1) + LOW)
        self.assertEqual(3, daemon.wait(), daemon.text)
        self.assertIn("kpid: error: out of memory: it ends here; what is in the history is kept, and the next start goes "
                      "on from it\n", daemon.text)
        self.folder.write("web.csv", ROWS + LOW)
        again = Daemon(self, self.folder)
        self.receiver.wait_for(1)
        self.stop(again)
        self.assertEqual([("alert.firing", "Visits")], [message[:2] for message in self.told()])

    def test_damage_that_a_start_did_not_see_ends_it_and_the_next_start_mends_it(self):
        self.stop(self.start_firing())
        (page,), = self.folder.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_outbox_1'")
        (size,), = self.folder.rows("PRAGMA page_size")
        with self.folder.history.open("r+b") as history:
            history.seek((page - 1) * size)
            history.write(bytes(size))
        daemon = Daemon(self, self.folder)
        daemon.wait_for("watching 1 KPI")
        self.folder.write("web.csv", ROWS + LOW + FINE)
        self.assertEqual(3, daemon.wait(), daemon.text)
        self.assertIn("database disk image is malformed", daemon.text)
        again = Daemon(self, self.folder)
        self.receiver.wait_for(2)
        self.assertIn("was damaged: it is now", again.text)
        self.stop(again)
        self.assertEqual(["alert.firing", "alert.resolved"], [message[0] for message in self.told()])
        self.assertEqual(0, self.folder.run("history", "verify").returncode)

    def test_a_member_of_the_group_reads_and_acts_by_the_socket(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        daemon = self.start_firing()
        program = self.folder.path / "kpid"
        shutil.copy(world.KPID, program)
        self.folder.path.chmod(0o755)
        for name in ("kpid.yaml", "rules.yaml", "web.csv"):
            (self.folder.path / name).chmod(0o644)
        nobody = 65534

        def as_member(*words):
            return subprocess.run([program, *words, "--config", self.folder.path / "kpid.yaml"], capture_output=True,
                                  text=True, timeout=60, cwd="/", user=nobody, group=nobody, extra_groups=[])

        refused = as_member("alerts")
        self.assertEqual(3, refused.returncode)
        self.assertIn("join its group (kpid)", refused.stderr)
        os.chown(self.folder.path / "kpid.sock", 0, nobody)
        alerts = as_member("alerts", "--json")
        self.assertEqual(0, alerts.returncode, alerts.stderr)
        (alert,) = json.loads(alerts.stdout)["alerts"]
        done = as_member("ack", alert["id"], "--by", "anna", "--until", "2 hours")
        self.assertEqual(0, done.returncode, done.stderr)
        for words in (["status"], ["status", "--json"], ["explain", "visits"], ["history", "export", "visits"],
                      ["report", "--quarter", "2024-Q1", "--format", "md"], ["silence", "list"], ["deadletter", "list"]):
            there, here = as_member(*words), self.folder.run(*words).stdout
            self.assertEqual((0, without_clock(here)), (there.returncode, without_clock(there.stdout)), there.stderr)
        self.assertEqual(2, as_member("explain", "visit").returncode)
        self.stop(daemon)

    def test_two_daemons_do_not_share_a_history(self):
        daemon = Daemon(self, self.folder)
        daemon.wait_for("2 new samples")
        second = self.folder.run("run", "--once")
        self.assertEqual((3, ""), (second.returncode, second.stdout))
        history = f"{self.folder.path.resolve()}/history.db"
        self.assertEqual(f'kpid: the history "{history}" is in use by process {daemon.process.pid} (lock file '
                         f'"{history}.lock"): stop that kpid first, or set "history: path" to another place\n',
                         second.stderr)
        self.stop(daemon)


if __name__ == "__main__":
    world.main()
