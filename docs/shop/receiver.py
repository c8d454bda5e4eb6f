#!/usr/bin/env python3
"""Receives kpid's generic webhook on 127.0.0.1 and prints each message.

    python3 receiver.py --port 8090 --secret whsec_...

Needs nothing beyond Python 3.9. With --secret it refuses what is not signed (docs/webhook.md has the rules); a message
that arrives a second time is answered but not printed again.
"""

import argparse
import base64
import binascii
import collections
import hashlib
import hmac
import http.server
import json
import sys
import time

MAX_BODY = 16 * 1024 * 1024
TOLERANCE = 300  # seconds that a timestamp may be off
REMEMBERED = 10_000  # ids


def signing_keys(secret):
    """The keys in a secret as kpid takes it: separated by spaces, each "whsec_" + base64 or a raw text."""
    keys = []
    for word in secret.split():
        if word.startswith("whsec_"):
            text = word[len("whsec_"):].rstrip("=")
            keys.append(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
        else:
            keys.append(word.encode())
    return keys


def problem_with_signature(keys, headers, body, now):
    """Why the message cannot be trusted; None when it can."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE:
        return "its timestamp is missing or too far from now"
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys]
    for signature in headers.get("webhook-signature", "").split():
        version, _, value = signature.partition(",")
        if version == "v1" and any(hmac.compare_digest(value.encode(), mine) for mine in expected):
            return None
    return "no signature matches"


def printable(text):
    """A text from outside without what could move a terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in str(text))


def alert_lines(alert):
    segment = ", ".join(f"{name}: {value}" for name, value in (alert.get("segment") or {}).items())
    yield f"  [{alert.get('severity')}] {alert.get('title')}" + (f" ({segment})" if segment else "")
    facts = [
        ("value", alert.get("formatted") or alert.get("value")),
        ("limit", alert.get("formatted_limit") or alert.get("limit")),
        ("reason", alert.get("reason")),
        ("since", alert.get("since_text") or alert.get("since")),
    ]
    target = alert.get("target")
    if target:
        goal = target.get("formatted_goal") or target.get("goal")
        facts.append(("target", f"{goal} by {target.get('deadline')}: {target.get('status')}"))
    facts.append(("owner", alert.get("owner")))
    for name, value in facts:
        if value is not None:
            yield f"    {name:<8}{value}"


def describe(message):
    """The message as lines for a person."""
    data = message.get("data") or {}
    yield f"{message.get('timestamp')}  {message.get('type')}"
    for alert in data.get("alerts") or []:
        yield from alert_lines(alert)
    for line in (data.get("text") or "").splitlines():
        yield f"  {line}"


class Receiver(http.server.BaseHTTPRequestHandler):
    keys = []
    seen = collections.OrderedDict()
    timeout = 30

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isascii() or not length.isdigit():
            self.answer(411, "a body with a length, please")
            return
        if int(length) > MAX_BODY:
            self.answer(413, "too large")
            return
        body = self.rfile.read(int(length))
        status, text = self.take(body)
        self.answer(status, text)

    def take(self, body):
        if self.keys:
            problem = problem_with_signature(self.keys, self.headers, body, time.time())
            if problem:
                self.show([f"refused: {problem}"])
                return 401, problem
        try:
            message = json.loads(body)
            lines = list(describe(message))
        except (ValueError, AttributeError, TypeError, RecursionError):
            self.show(["refused: not a message of kpid"])
            return 400, "not a message of kpid"
        message_id = self.headers.get("webhook-id", "")
        if message_id and message_id in self.seen:
            self.show([f"seen before, dropped: {message_id}"])
            return 200, "seen before"
        self.seen[message_id] = True
        if len(self.seen) > REMEMBERED:
            self.seen.popitem(last=False)
        self.show(lines)
        return 200, "thanks"

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def show(self, lines):
        print("\n".join(printable(line) for line in lines), end="\n\n", flush=True)

    def log_message(self, *_):
        """The messages are the log."""


def main():
    parser = argparse.ArgumentParser(description="Prints what kpid sends to a channel of type webhook.")
    parser.add_argument("--port", type=int, default=8090, help="on 127.0.0.1 (default 8090; 0 takes any free one)")
    parser.add_argument("--secret", default="", help="the channel's secret; without it nothing is verified")
    options = parser.parse_args()
    try:
        Receiver.keys = signing_keys(options.secret)
    except binascii.Error:
        sys.exit('receiver.py: --secret has something other than base64 after "whsec_"')
    with http.server.HTTPServer(("127.0.0.1", options.port), Receiver) as server:
        checked = "verifying signatures" if Receiver.keys else "signatures are not verified (no --secret)"
        print(f"listening on http://127.0.0.1:{server.server_port}/, {checked}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
