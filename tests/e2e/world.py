"""What the end-to-end tests share: a folder with a configuration, the program itself, what it has written, and a
receiver of its webhooks. KPID names the program."""

import contextlib
import datetime
import http.server
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
KPID = os.environ.get("KPID", "")
SHARED_DATA = pathlib.Path(os.environ.get("KPI_SHARED_DATA") or HERE.parents[2] / "shared" / "data")
DEADLINE = float(os.environ.get("KPI_TEST_DEADLINE", "60"))  # seconds that anything may take
SECRET = "whsec_a2FuYXJpZWZvZ2VsLXNvbS1pbnRlLWZhci1zeW5hcw=="


def rows_of(path, sql, *values):
    """What a query on a history answers. Only when no kpid has it open."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(sql, values).fetchall()


def is_sanitized():
    """Whether the program has a sanitizer in it."""
    program = pathlib.Path(KPID).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


class Folder:
    """A configuration in a folder of its own."""

    def __init__(self, test):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="kpid-"))
        test.addCleanup(shutil.rmtree, self.path, ignore_errors=True)
        self.environment = {"PATH": os.environ["PATH"], "HOOK_SECRET": SECRET}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def write(self, name, text):
        """Replaces a file at once, as an exporter should."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(text if isinstance(text, bytes) else text.encode())
        part.replace(path)
        return path

    def start(self, *words, **more):
        return subprocess.Popen([KPID, *words], cwd=self.path, env=self.environment, stdin=subprocess.DEVNULL, **more)

    def run(self, *words):
        return subprocess.run([KPID, *words], cwd=self.path, env=self.environment, capture_output=True, text=True,
                              errors="replace", timeout=DEADLINE, check=False, stdin=subprocess.DEVNULL)

    def once(self, now, *words):
        return self.run("run", "--once", "--now", str(now), *words)

    @property
    def history(self):
        return self.path / "history.db"

    def rows(self, sql, *values):
        return rows_of(self.history, sql, *values)

    def ledger(self):
        """Every verdict as it stands, without when it was judged."""
        return self.rows("""SELECT kpi, segment, period_start, period_end, value, limit_value, verdict, severity, reason,
                              goal, expected, target_status, episode
                            FROM verdict ORDER BY kpi, segment, slot""")

    def episodes(self):
        return self.rows("""SELECT kpi, segment, rule, since, pending, firing, resolved, severity, reason, restated, id
                            FROM alert_episode ORDER BY kpi, segment, rule, since, id""")

    def notifications(self):
        return self.rows("SELECT id, channel, type, created, body FROM notification ORDER BY created, id")


class Daemon:
    """`kpid run` in the background; what it prints is kept line by line."""

    def __init__(self, test, folder, *words):
        self.process = folder.start("run", *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        test.addCleanup(self.end)
        self.text = ""
        self.changed = threading.Condition()
        self.readers = [threading.Thread(target=self.read, args=(stream,), daemon=True)
                        for stream in (self.process.stdout, self.process.stderr)]
        for reader in self.readers:
            reader.start()

    def read(self, stream):
        for line in stream:
            with self.changed:
                self.text += line.decode(errors="replace")
                self.changed.notify_all()

    def wait_for(self, text, count=1):
        """Until the text has been printed so many times."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.text.count(text) >= count, DEADLINE):
                raise AssertionError(f"{text!r} was not printed {count} times within {DEADLINE} s:\n{self.text}")

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=DEADLINE):
        code = self.process.wait(seconds)
        for reader in self.readers:
            reader.join()
        return code

    def end(self):
        if self.process.poll() is None:
            self.send(signal.SIGKILL)
        self.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Receiver:
    """An HTTP server on the loopback that keeps what is posted to it."""

    def __init__(self, test):
        self.messages = []  # (webhook-id, body)
        self.changed = threading.Condition()
        self.status = 204
        self.answers = threading.Event()  # cleared: it takes what is posted and says nothing
        self.answers.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.changed:
                    receiver.messages.append((self.headers["webhook-id"], body.decode()))
                    receiver.changed.notify_all()
                receiver.answers.wait(DEADLINE)
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # a killed sender hangs up in the middle
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        test.addCleanup(lambda: (self.answers.set(), self.server.shutdown(), thread.join(), self.server.server_close()))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    @property
    def channel(self):
        return (f'{{type: webhook, url: "{self.url}", secret: "${{env:HOOK_SECRET}}", '
                'allow_private: [127.0.0.0/8]}')

    def wait_for(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.messages) >= count, DEADLINE):
                raise AssertionError(f"{count} messages did not come within {DEADLINE} s, but {self.messages}")


def days(first, last):
    """Dates from `first` to `last`, both included."""
    return [first + datetime.timedelta(days=i) for i in range((last - first).days + 1)]


def wait_until(condition, what):
    """For what nothing tells us about: looked at until it holds."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {DEADLINE} s")
        threading.Event().wait(0.02)


def main():
    if not KPID or not os.access(KPID, os.X_OK):
        print("the environment variable KPID must name the program", file=sys.stderr)
        sys.exit(2)
    unittest.main(verbosity=2)
