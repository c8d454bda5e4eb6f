#!/usr/bin/env python3
"""How long one round of many HTTP sources takes, each on an address of its own and answering after half a second; beside
it, what curl (a plain libcurl loop, at most 300 at once) needs for the same answers.

    tests/bench/http_sources.py PATH_TO_kpid [COUNT]
"""

import asyncio
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading
import time

ANSWER = json.dumps({"data": [{"date": "2026-11-20", "n": 5}]}).encode()
SOURCE = ('  s{i}: {{plugin: http, allow_private: [127.0.0.0/8], window: {{first_days: 1}}, request: {{url: '
          '"http://127.1.{high}.{low}:{port}/v?from={{{{window.start}}}}"}}, rows: {{path: /data}}, metrics: {{n: {{}}}}}}\n')


async def answer(reader, writer):
    try:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.5)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(ANSWER) + ANSWER)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


def serve(ready):
    async def run():
        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=4096)
        ready.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    asyncio.run(run())


def main():
    kpid, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    ready = threading.Event()
    threading.Thread(target=serve, args=(ready,), daemon=True).start()
    ready.wait()
    with tempfile.TemporaryDirectory(prefix="kpid-bench-") as folder:
        config = pathlib.Path(folder, "kpid.yaml")
        config.write_text("sources:\n" + "".join(
            SOURCE.format(i=i, high=i // 250, low=i % 250 + 1, port=ready.port) for i in range(count)) + "rules: rules.yaml\n")
        pathlib.Path(folder, "rules.yaml").write_text("kpis: {n: {value: s0.n}}\n")
        begun = time.monotonic()
        subprocess.run([kpid, "run", "--once", "--now", "2026-11-21T06:00:00Z", "--config", str(config)], check=True)
        took = time.monotonic() - begun
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        urls = pathlib.Path(folder, "urls")
        urls.write_text("".join(
            f'url = "http://127.1.{i // 250}.{i % 250 + 1}:{ready.port}/v"\noutput = /dev/null\n' for i in range(count)))
        begun = time.monotonic()
        subprocess.run(["curl", "-sS", "--no-progress-meter", "--parallel", "--parallel-immediate", "--parallel-max", "300", "-K", str(urls)],
                       check=True)
        bare = time.monotonic() - begun
    print(f"{count} sources of 500 ms: {took:.2f} s in all, {memory} MiB at most; curl, 300 at once: {bare:.2f} s")


main()
