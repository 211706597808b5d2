"""The what-if page under clients that are many, idle, gone or hostile.

Every request is written to a socket as bytes, so that nothing tidies it up on the way. A request must be answered, or
its connection ended; never by a status of 500 or more. Then a thousand answers are asked for, each to a state not asked
for before, while the server's memory is watched.
"""

from __future__ import annotations

import json
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.patience import HANG

COUNT = 2000
SCENARIO = """\
format: 1
title: An exporter halts antimony
extends: baseline
scope: [antimony]
horizon: {months: 36}
events:
  halt:
    {kind: export_ban, product: antimony.metal, from: CHN, to: [USA, EU27, JPN], starts: 2027-01, lasts: 12 months,
     severity: 100%}
draws: 16
"""
UNANSWERED = 999
"""Stands for the status of an answer that never came."""
NASTY: tuple[Any, ...] = (
    "", " ", "\ud800", "a\udfff", "\x00", "\n", "\u202e", "é" * 300, "x" * 5000, "../../etc/passwd", "=1+1", "%s%n",
    "{{7*7}}", "<script>", None, True, False, 0, -1, 1, 2**63, 10**400, 1e308, float("nan"), float("-inf"), [], {},
    [[]], {"a": {"b": [1]}}, ["x"] * 1000, "1" * 119, "-0%", "1e400", "2027-13", "0 months", "NaN", "{dist: uniform}",
    "{dist: normal, mean: .inf, sd: .nan}", "[1, 2", "!!python/name:os.system", "&a *a", "0.5x", "1e-300 t/yr",
)  # fmt: skip
PATHS = (
    "events.halt.severity", "events.halt.starts", "events.halt.lasts", "events.halt.kind", "events.*.severity",
    "events.none.severity", "stockpiles.USA.antimony.target", "minerals.antimony.*.trade.sigma", "minerals.*.*.*.*.*",
    "model.growth", "model.price_ceiling", "projects.x.size", "contracts.x.volume", "events", "model", "world", "draws",
)  # fmt: skip
VALUES = (
    "0%", "40%", "100%", "101%", "-5%", "2027-06", "1999-01", "3 months", "900 months", "0.5x", "1000x", "0x", "off",
    "7 t/yr", "1e9 t/yr", "6 months", "12", "outage", "null", "{dist: uniform, low: 10%, high: 50%}",
)  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A running server: where it is, and its process."""

    port: int
    process: subprocess.Popen[str]

    def exchange(self, request: bytes, *, leave: bool = False) -> bytes:
        """Send bytes and read to the end; with `leave` say at once that nothing more will come."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=HANG) as line:
            parts: list[bytes] = []
            with suppress(ConnectionResetError, BrokenPipeError):
                line.sendall(request)
                if leave:
                    line.shutdown(socket.SHUT_WR)
                parts.extend(iter(lambda: line.recv(65536), b""))
            return b"".join(parts)

    def memory(self) -> int:
        """Bytes that the server holds."""
        import psutil

        return int(psutil.Process(self.process.pid).memory_info().rss)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """A server of its own in a folder with one scenario. At its end it must have said nothing but its address."""
    (folder / "halt.yaml").write_text(SCENARIO, encoding="utf-8")
    command = [sys.executable, "-m", "supplysim", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            port = re.search(r":(\d+)/", line)
            assert port, line
            yield Served(int(port[1]), process)
        finally:
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=HANG)[0]
    assert said.strip() in ("", "Interrupted."), said[-4000:]


def post(path: str, body: bytes, *more: str) -> bytes:
    """A request as the page sends it."""
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
            f"Content-Length: {len(body)}", "Connection: close", *more]  # fmt: skip
    return "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + body


def question(**asked: Any) -> bytes:
    """A state of the page: antimony over a year, two draws, and what is asked of it."""
    return post("/api/run", json.dumps({"scenario": "halt.yaml", "months": 12, "draws": 2, **asked}).encode())


def status(answer: bytes) -> int:
    """The status of an answer; 0 where the connection was ended without one."""
    found = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    return int(found[1]) if found else 0


def _moved(chance: random.Random) -> bytes:
    """A question with a few of its fields and settings replaced."""
    asked: dict[str, Any] = {"scenario": "halt.yaml", "months": 12, "draws": 2, "settings": {}}
    for _ in range(chance.randint(0, 3)):
        value = chance.choice([*VALUES, *NASTY])
        asked["settings"][chance.choice(PATHS) if chance.random() < 0.9 else str(value)] = value
    names = (*asked, "product", "region", "client", "ticket", "everything", "surprise", "\ud83d")
    for _ in range(chance.choice((0, 0, 1, 2))):
        asked[chance.choice(names)] = chance.choice(NASTY)
    where = chance.choice(("/api/run", "/api/run", "/api/open", "/api/yaml"))
    return post(where, json.dumps(asked).encode())


def _bytes(chance: random.Random) -> bytes:
    """A body that is no question at all, or only the beginning of one."""
    whole = json.dumps({"scenario": "halt.yaml", "settings": {"events.halt.severity": "\ud800"}}).encode()
    body = chance.choice([
        chance.randbytes(chance.randint(0, 400)), whole[: chance.randint(0, len(whole))],
        b"[" * chance.randint(1, 30000), b'{"a":' * 5000, b'"\\ud800"', b"\xff\xfe" + whole, b"9" * 6000,
        b"\x00" * 10, b" " * 40_000, b"",
    ])  # fmt: skip
    return post(chance.choice(("/api/run", "/api/open", "/api/yaml", "/api/report")), body)


TARGETS = (
    "/", "/api/run", "/static/", "/static/%00", "/static/%ff%fe", "/%2e%2e/%2e%2e/etc/passwd", "/report/" + "a" * 3000,
    "/report/\ud7ff", "/plotly.js?" + "q" * 5000, "//x", "*", "http://evil.example/", "/api/look/..;/",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "GIT", "G\x00T")
HEADERS = (
    "Host: 127.0.0.1", "Host: evil.example", "Host:", "Host: [::1", "Origin: null", "Content-Length: 0",
    "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: \u00b2",
    "Transfer-Encoding: chunked", "Transfer-Encoding: x", "Content-Type: application/json", "Content-Type: text/html",
    "Upgrade: websocket", "Expect: 100-continue", "Range: bytes=0-,5-1", "Range: bytes=-1", "X: " + "y" * 9000,
    "No colon", "If-None-Match: *",
)  # fmt: skip


def _head(chance: random.Random) -> bytes:
    """A request line and headers that nobody means."""
    headers = chance.sample(HEADERS, chance.randint(0, 5))
    version = chance.choice(("1.1", "1.1", "1.0", "0.9", "3"))
    lines = [f"{chance.choice(METHODS)} {chance.choice(TARGETS)} HTTP/{version}", *headers]
    if chance.random() < 0.8 and not any(line.startswith("Host") for line in headers):
        lines.append("Host: 127.0.0.1")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n"


def _noise(chance: random.Random) -> bytes:
    """Bytes that are no HTTP."""
    return chance.choice([chance.randbytes(chance.randint(1, 2000)), b"\r\n" * 500, b"GET", b"\x16\x03\x01\x02" * 40])


def fuzz(server: Served, count: int, seed: int) -> Counter[int]:
    """So many requests that nobody means; how often each status came, 0 where one who left was not answered.

    One who stayed and was not answered counts as `UNANSWERED`.
    """
    chance, told = random.Random(seed), Counter[int]()
    kinds: tuple[tuple[Callable[[random.Random], bytes], bool], ...] = (
        (_moved, False), (_moved, False), (_bytes, False), (_head, True), (_noise, True),
    )  # fmt: skip
    for _ in range(count):
        make, leave = chance.choice(kinds)
        request = make(chance)
        found = status(server.exchange(request, leave=leave)) or (0 if leave else UNANSWERED)
        told[found] += 1
        if found >= 500:
            sys.stdout.write(f"{found} to {request[:600]!r}\n")
    return told


def dropped(server: Served, count: int = 20) -> int:
    """Ask for much, leave without waiting, and ask for little; the status of the last."""
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=HANG) for _ in range(count)]
    for k, line in enumerate(lines):
        body = {"scenario": "baseline", "everything": True, "draws": 200, "months": 120, "client": f"gone{k}",
                "settings": {"model.price_ceiling": f"{20 + k}"}}  # fmt: skip
        line.sendall(post("/api/run", json.dumps(body).encode()))
    time.sleep(1.0)  # all are being worked on by now
    for line in lines:
        line.close()
    return status(server.exchange(question(client="stays")))


def crowd(server: Served, count: int = 100) -> Counter[int]:
    """So many clients at the same time, each with a state of its own; how often each status came."""

    def ask(k: int) -> int:
        answer = server.exchange(question(client=f"c{k}", settings={"events.halt.severity": f"{k % 100}%"}))
        assert status(answer) != 429 or b"retry-after: " in answer.lower()
        return status(answer)

    with ThreadPoolExecutor(count) as clients:
        return Counter(clients.map(ask, range(count)))


def idle(server: Served, count: int = 250) -> tuple[int, int]:
    """Connections on which nothing, or half a request, ever comes: status of a question asked beside them, and how
    many of them the server has ended."""
    heads = (b"", b"G", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", post("/api/run", b"{}" * 50)[:-40])
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=HANG) for _ in range(count)]
    try:
        for k, line in enumerate(lines):
            line.sendall(heads[k % len(heads)])
        beside = status(server.exchange(question(client="beside")))
        return beside, sum(_ended(line) for line in lines)
    finally:
        for line in lines:
            line.close()


def _ended(line: socket.socket) -> bool:
    try:
        while line.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return True


def answers(server: Served, count: int) -> tuple[int, int]:
    """So many answers to new questions of 16 draws over three years; the server's memory after a half and at the end.

    The first half fills what the page keeps; from then on the memory must not grow.
    """
    half = 0
    for k in range(count):
        severity = f"{k * 100 / count:.4f}%"
        found = server.exchange(question(settings={"events.halt.severity": severity}, draws=16, months=36))
        assert status(found) == 200, found[:500]
        if k == count // 2:
            half = server.memory()
    return half, server.memory()


def run(count: int, seed: int) -> bool:
    """All of it: `count` fuzzed requests and half as many answers."""
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        after = dropped(server)
        say(f"20 clients gone before their answer; the next one is told {after}\n")
        crowded = crowd(server)
        say(f"100 clients at the same time: {dict(crowded)}\n")
        beside, ended = idle(server)
        say(f"250 connections without a whole request: {ended} ended by the server, a question beside them {beside}\n")
        told = fuzz(server, count, seed)
        say(f"{count} requests nobody means: {dict(sorted(told.items()))}\n")
        half, end = answers(server, count // 2)
        say(f"{count // 2} answers: {half / 1e6:.0f} MB after half of them, {end / 1e6:.0f} MB at the end\n")
        last = status(server.exchange(question()))
    good = after == beside == last == 200 and set(crowded) <= {200, 429} and ended == 250 and max(told) < 500
    return good and end < 1.1 * half + 20e6
