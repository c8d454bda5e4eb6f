#!/usr/bin/env python3
"""An exec source in Python: the rows of a file, from the cursor of the last poll on.

{plugin: exec, command: [./orders.py, orders.log], read: [orders.log], secrets: {token: "${env:TOKEN}"},
 labels: {country: country}, metrics: {orders: {kind: flow}}}
"""
import collections
import json
import sys


def main():
    question = json.loads(sys.stdin.readline())
    print(json.dumps({"kpid": 1}))
    begin = question["cursor"] or ""   # the last day that was read: it is read again, for it may have grown
    orders = collections.Counter()
    try:
        with open(sys.argv[1], encoding="utf-8") as log:
            for line in log:
                day, _, country = line.split()[:3]
                if day >= begin:
                    orders[day, country] += 1
    except OSError as error:
        print(json.dumps({"error": str(error)}))
        return 1
    for (day, country), count in sorted(orders.items()):
        print(json.dumps({"date": day, "labels": {"country": country}, "values": {"orders": count}}))
    print(json.dumps({"remark": f"{len(orders)} rows"}))
    print(json.dumps({"cursor": max(day for day, _ in orders) if orders else begin}))
    return 0


sys.exit(main())
