#!/usr/bin/env python3
"""Shows that the receiver in docs/shop takes what kpid sends, once, and nothing else.

    python3 judge_receiver.py PATH_TO_print_messages
"""

import http.client
import json
import pathlib
import re
import subprocess
import sys
import unittest

RECEIVER = pathlib.Path(__file__).parents[2] / "docs/shop/receiver.py"


class ReceiverTest(unittest.TestCase):
    def setUp(self):
        document = json.loads(subprocess.check_output([PRINT_MESSAGES]))
        self.messages = {message["name"]: message for message in document["messages"]}
        self.process = subprocess.Popen(
            [sys.executable, str(RECEIVER), "--port", "0", "--secret", document["base64_key"]],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline())[1])

    def post(self, headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def printed(self):
        """The lines up to the empty one that ends each message."""
        lines = []
        while line := self.process.stdout.readline().rstrip("\n"):
            lines.append(line)
        return lines

    def test_prints_a_message(self):
        message = self.messages["firing"]
        self.assertEqual(self.post(message["headers"], message["body"].encode()), 200)
        self.assertEqual(
            self.printed(),
            [
                "2026-03-31T06:00:00Z  alert.firing",
                "  [warning] Conversion rate (country: SE)",
                "    value   2.1%",
                "    limit   2.2%",
                "    reason  below 2.2% for 2 days",
                "    since   Sunday 29 March 2026",
                "    target  3% by 2026-12-31: at_risk",
                "    owner   growth",
            ],
        )

    def test_prints_every_kind(self):
        for name, message in self.messages.items():
            with self.subTest(name):
                self.assertEqual(self.post(message["headers"], message["body"].encode()), 200)
                self.assertIn(json.loads(message["body"])["type"], self.printed()[0])

    def test_prints_a_message_once(self):
        message = self.messages["test"]
        self.assertEqual(self.post(message["headers"], message["body"].encode()), 200)
        self.printed()
        self.assertEqual(self.post(message["headers"], message["body"].encode()), 200)
        self.assertEqual(self.printed(), ["seen before, dropped: " + message["headers"]["webhook-id"]])

    def test_refuses_an_altered_body(self):
        message = self.messages["firing"]
        self.assertEqual(self.post(message["headers"], message["body"].encode() + b" "), 401)
        self.assertEqual(self.printed(), ["refused: no signature matches"])

    def test_refuses_an_old_message(self):
        message = self.messages["firing"]
        headers = dict(message["headers"], **{"webhook-timestamp": "1614265330"})
        self.assertEqual(self.post(headers, message["body"].encode()), 401)
        self.assertEqual(self.printed(), ["refused: its timestamp is missing or too far from now"])

    def test_refuses_an_unsigned_message(self):
        self.assertEqual(self.post({}, b"{}"), 401)


if __name__ == "__main__":
    PRINT_MESSAGES = sys.argv.pop()
    unittest.main()
