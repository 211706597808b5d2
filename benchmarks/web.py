"""The what-if page in a real browser: from the move of a slider to the repainted page.

`python -m benchmarks.web [MOVES]` prints one JSON document. Wall-clock times are medians over moves, each to a value
not asked for before, so that nothing but the baseline is found in memory. CPU times are those of the server,
which a busy machine changes less.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ONE = """\
format: 1
title: One mineral
extends: baseline
scope: [rare_earths]
events:
  halt: {kind: export_ban, product: rare_earths.separated, from: CHN, starts: 2027-01, lasts: 18 months}
"""
WORLD = """\
format: 1
title: The whole world
extends: baseline
events:
  halt:
    kind: tariff
    product: [uranium.enriched, rare_earths.separated, tungsten.apt, copper.refined, gold.refined, antimony.metal]
    from: [CHN, RUS]
    to: [USA, EU27, JPN, KOR]
    rate: 50%
    starts: 2027-01
    lasts: 18 months
"""
READY = "body[data-state=ready][data-painted]"


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, int]]:
    (folder / "one.yaml").write_text(ONE, encoding="utf-8")
    (folder / "world.yaml").write_text(WORLD, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "supplysim", "serve", "--port", "0"],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    found = re.search(r"http://\S+?(?=/)", process.stdout.readline())
    assert found
    try:
        yield found[0], process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _warm(address: str) -> None:
    """Wait until everything that is loaded on first use has been."""
    import httpx

    while not httpx.get(f"{address}/api/ready", timeout=60).json()["ready"]:
        time.sleep(0.02)


def _cpu(pid: int) -> float:
    import psutil  # type: ignore[import-untyped]

    return float(sum(psutil.Process(pid).cpu_times()[:2]))


def _follow(page: Any, address: str, pid: int, moves: int) -> dict[str, float]:
    """One mineral, 50 draws: the severity moves by a key press a time."""
    began = time.perf_counter()
    page.goto(f"{address}/#s=one.yaml")
    page.wait_for_selector(READY, timeout=60_000)
    ready = time.perf_counter() - began
    page.locator("input[data-path='events.halt.severity']").focus()
    spent, before = [], _cpu(pid)
    for _ in range(moves):
        last = page.locator("body").get_attribute("data-painted")
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector(f"{READY}[data-draws='50']:not([data-painted='{last}'])", timeout=60_000)
        spent.append(int(page.locator("body").get_attribute("data-elapsed")))
    cpu = 1000 * (_cpu(pid) - before) / moves
    return {
        "ready_ms": 1000 * ready,
        "median_ms": statistics.median(spent),
        "worst_ms": max(spent),
        "server_cpu_ms": cpu,
    }


def _ask(address: str, pid: int, moves: int, scenario: str, path: str) -> dict[str, float]:
    """50 draws at the interface, each at a value of `path` that was not asked for before: YAML to JSON. All minerals of
    the scenario, as the row of minerals is filled."""
    import httpx

    def ask(share: int) -> float:
        body = {"scenario": scenario, "settings": {path: f"{share}%"}, "everything": True, "ticket": share}
        began = time.perf_counter()
        httpx.post(f"{address}/api/run", json=body, timeout=120).raise_for_status()
        return 1000 * (time.perf_counter() - began)

    ask(1)
    before = _cpu(pid)
    spent = [ask(2 + k) for k in range(moves)]
    return {"median_ms": statistics.median(spent), "server_cpu_ms": 1000 * (_cpu(pid) - before) / moves}


def ready() -> float:
    """Seconds from the command `supplysim serve` until it says that it is ready to answer."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with _server(Path(folder)) as (address, _):
            _warm(address)
            return time.perf_counter() - began


def answer(moves: int = 15) -> float:
    """Seconds of an answer about one mineral."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (address, pid):
        _warm(address)
        return _ask(address, pid, moves, "one.yaml", "events.halt.severity")["median_ms"] / 1000


def measure(moves: int = 15) -> dict[str, dict[str, float]]:
    """One mineral in the browser and the whole world at the interface, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (address, pid):
        _warm(address)
        one = repaint(address, pid, moves)
        return {"one_mineral": one, "whole_world": _ask(address, pid, moves, "world.yaml", "events.halt.rate")}


def slider(moves: int = 15) -> float:
    """Seconds from a moved slider to the repainted page."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (address, pid):
        _warm(address)
        return repaint(address, pid, moves)["median_ms"] / 1000


def repaint(address: str, pid: int, moves: int) -> dict[str, float]:
    """What `_follow` says, in a browser. Raises `RuntimeError` where there is none."""
    from playwright.sync_api import sync_playwright

    where = browser()
    if where is None:
        raise RuntimeError("there is no chromium: tools/chromium.sh installs Debian's")
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=where, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        found = _follow(page, address, pid, moves)
        chromium.close()
        return found


def browser() -> str | None:
    """The browser of this machine, None where there is none."""
    return shutil.which("chromium") or shutil.which("google-chrome")


if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
    print(json.dumps({name: {k: round(v) for k, v in case.items()} for name, case in found.items()}, indent=2))
