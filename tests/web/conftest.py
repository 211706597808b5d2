"""A server as a strategist starts it, and a real browser that may talk to it and to nobody else."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.patience import HANG

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
HALT = """\
format: 1
title: An exporter halts antimony
question: Who is left without?
extends: baseline
scope: [antimony]
horizon: {months: 36}
events:
  halt:
    kind: export_ban
    title: The halt
    product: antimony.metal
    from: CHN
    to: [USA, EU27, JPN, KOR]
    starts: 2027-01
    lasts: 12 months
contracts:
  deal:
    title: A deal
    kind: take_or_pay
    product: antimony.metal
    from: TJK
    to: USA
    volume: 500 t/yr
    new_capacity: 500 t/yr
    starts: 2026-06
draws: 16
"""
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
HOSTILE = HALT.replace("An exporter halts antimony", f"'{EVIL}'").replace("title: The halt", f"title: '{EVIL}'")
HOSTILE = HOSTILE.replace("title: A deal", f"title: '{EVIL}'\n    note: '{EVIL}'").replace("Who is left", f"{EVIL} is")
BROKEN = "format: 1\ntitle: Broken\nextends: baseline\nevents:\n  halt: {kind: outage, product: antimony.metal}\n"


@dataclass(frozen=True)
class Server:
    """A running `supplysim serve`: its address and the folder it was started in."""

    address: str
    folder: Path

    def post(self, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        """Ask something as the page does."""
        return httpx.post(f"{self.address}{path}", json=body, headers=headers, timeout=HANG)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, started once, in a folder with three scenarios."""
    folder = tmp_path_factory.mktemp("desk")
    for name, text in (("halt", HALT), ("hostile", HOSTILE), ("broken", BROKEN)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "supplysim", "serve", "--port", "0"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    with process, process.stdout as said:
        line = said.readline()
        found = re.search(r"http://\S+?(?=/)", line)
        try:
            assert found, line + said.read()
            yield Server(found[0], folder)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(HANG)
            except subprocess.TimeoutExpired:
                process.kill()


def chromium() -> str:
    """Where the browser is; skips where there is none, and fails where CI promised one."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    if os.environ.get("CI"):
        pytest.fail("CI is set and there is no chromium: run tools/chromium.sh")
    pytest.skip("there is no chromium on this machine (Debian: apt-get install chromium)")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    where = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=where, headless=True, args=list(ARGUMENTS), timeout=1000 * HANG
        )
        yield running
        running.close()


@dataclass
class Witness:
    """What a browser did that it should not: foreign requests, errors in the console, dialogs."""

    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def watch(self, context: Any) -> None:
        """Follow every page of a browser's context."""

        def route(asked: Any) -> None:
            if asked.request.url.startswith(("http://127.0.0.1:", "file://", "data:", "blob:")):
                asked.continue_()
            else:
                self.foreign.append(asked.request.url)
                asked.abort()

        def page(opened: Any) -> None:
            opened.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
            opened.on("pageerror", lambda error: self.errors.append(str(error)))
            opened.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

        context.route("**/*", route)
        context.on("page", page)


@pytest.fixture(scope="session")
def seen() -> Witness:
    """The one witness of all stories."""
    return Witness()


@pytest.fixture
def witness(seen: Witness) -> Iterator[Witness]:
    """Sees to it that a story ends without a foreign request, an error in the console or a dialog."""
    for heard in (seen.foreign, seen.errors, seen.dialogs):
        heard.clear()
    yield seen
    assert seen.foreign == []
    assert seen.errors == []
    assert seen.dialogs == []


@contextmanager
def window(browser: Any, witness: Witness, **how: Any) -> Iterator[Any]:
    """A browser window that is watched and in which only a hang takes too long."""
    opened = browser.new_context(**how)
    opened.set_default_timeout(1000 * HANG)
    witness.watch(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def context(browser: Any, seen: Witness) -> Iterator[Any]:
    """A browser window of a desk's size; one for all stories, so that Plotly's script is compiled once."""
    with window(browser, seen, viewport={"width": 1440, "height": 900}, accept_downloads=True) as opened:
        yield opened


@pytest.fixture
def page(context: Any, witness: Witness) -> Iterator[Any]:
    """A page that is not anywhere yet; it and all that it opened are closed after its story."""
    yield context.new_page()
    for opened in context.pages:
        opened.close()


class Story:
    """What every story does with the page."""

    evil = EVIL
    window = staticmethod(window)

    def open(self, page: Any, server: Server, name: str) -> None:
        """Open a scenario over two years and wait until the page has come to rest."""
        page.goto(f"{server.address}/#s={name}&m=36")
        page.wait_for_selector("body[data-state=ready][data-painted]")

    @contextmanager
    def settled(self, page: Any) -> Iterator[None]:
        """Do something, and wait until the page shows all draws of what it asks for."""
        before = page.locator("body").get_attribute("data-painted")
        yield
        page.wait_for_selector(f"body[data-state=ready][data-draws='50']:not([data-painted='{before}'])")

    def values(self, page: Any) -> dict[str, Any]:
        """What the page shows, in words and as the price's line."""
        return {
            "why": page.locator("#why").inner_text(),
            "tiles": page.locator("#tiles").inner_text(),
            "price": page.locator("[data-figure=prices] .js-line").evaluate_all(
                "(all) => all.map((e) => e.getAttribute('d'))"
            ),
        }


@pytest.fixture(scope="session")
def story() -> Story:
    """The steps that stories share."""
    return Story()
