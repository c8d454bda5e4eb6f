#!/usr/bin/env python3
"""Asks a daemon's page and API at a steady rate and prints how long the answers took.

    tests/bench/load.py http://127.0.0.1:8470 [--rate 100] [--seconds 30] [--clients 8] [PATH ...]

A request has its time whether the one before it was answered or not, and counts from that time: an answer that keeps the
next ones waiting is not hidden. Each client keeps its connection, as a browser does.
"""

import argparse
import http.client
import itertools
import json
import statistics
import threading
import time
import urllib.parse

# What a page asks for, and a program beside it.
PATHS = ("/", "/app.js", "/api/v1/kpis?limit=50&spark=1", "/api/v1/kpis?limit=50&spark=1&q=number%2077",
         "/api/v1/kpis?limit=50&spark=1&state=firing", "/api/v1/kpis?limit=50&spark=1&offset=9000", "/api/v1/kpis/k42",
         "/api/v1/kpis/k42/history?segment=total", "/api/v1/alerts", "/api/v1/sources", "/api/v1/channels",
         "/api/v1/reviews", "/metrics", "/healthz", "/readyz")


def share(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


class Load:
    def __init__(self, base, rate, seconds, paths):
        where = urllib.parse.urlsplit(base)
        self.host, self.port = where.hostname, where.port
        self.rate, self.count, self.paths = rate, int(rate * seconds), paths
        self.next = itertools.count()
        self.took = {path: [] for path in paths}
        self.failed = []

    def client(self, begin):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        while (number := next(self.next)) < self.count:
            path, due = self.paths[number % len(self.paths)], begin + number / self.rate
            time.sleep(max(0, due - time.monotonic()))  # the load: so many a second
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.failed.append(f"{path}: {answer.status}")
            except OSError as error:
                self.failed.append(f"{path}: {error}")
                connection.close()
            self.took[path].append(time.monotonic() - due)

    def run(self, clients):
        begin = time.monotonic() + 0.05
        threads = [threading.Thread(target=self.client, args=(begin,)) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("paths", nargs="*", default=PATHS)
    parser.add_argument("--rate", type=float, default=100, help="requests a second (100)")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--clients", type=int, default=8, help="connections (8)")
    parser.add_argument("--json", action="store_true", help="the figures of all of them as one document")
    wanted = parser.parse_args()
    load = Load(wanted.base, wanted.rate, wanted.seconds, list(wanted.paths))
    lasted = load.run(wanted.clients)
    whole = [took for times in load.took.values() for took in times]
    figures = {"requests": len(whole), "a_second": len(whole) / lasted, "failed": len(load.failed),
               "median_ms": statistics.median(whole) * 1e3, "p99_ms": share(whole, 0.99) * 1e3, "worst_ms": max(whole) * 1e3}
    if wanted.json:
        print(json.dumps(figures))
        return
    for path, times in load.took.items():
        print(f"{path}: median {statistics.median(times) * 1e3:.1f} ms, p99 {share(times, 0.99) * 1e3:.1f}, worst {max(times) * 1e3:.1f}")
    print("all: " + ", ".join(f"{name} {value:.1f}" for name, value in figures.items()))
    for line in load.failed[:5]:
        print("failed: " + line)


if __name__ == "__main__":
    main()
