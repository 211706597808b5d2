"""docs/gallery.md and its pictures: every shipped scenario with its question and the first screen of its report.

    python tools/make_gallery.py [NAME...] [--draws N]

Runs each scenario (or those named) with few draws, opens its report in Chromium and keeps the first screen. Needs the
extra `test`. Sweeps show their first cell. `--draws 0` makes the page without new pictures.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from supplysim.batch.engine import engine_for
from supplysim.batch.execute import execute, saving
from supplysim.report import write_report
from supplysim.report.source import run_of
from supplysim.scenario import Scenario, load, shipped

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/images/gallery"
SIZE: ViewportSize = {"width": 1180, "height": 760}
SCALE = 0.62
"""Pixels of the picture for each of the page: text stays readable and a picture small."""


def picture(browser: Browser, name: str, draws: int) -> None:
    """Run a scenario and keep the first screen of its report."""
    scenario, engine = load(name, [f"draws={draws}"]), engine_for("auto")
    with tempfile.TemporaryDirectory() as folder:
        result = execute(scenario, engine=engine)
        with saving(result, Path(folder), f"supplysim run {name}") as (where, manifest):
            page = write_report(where, run=run_of(result, manifest))
        tab = browser.new_page(viewport=SIZE, device_scale_factor=SCALE)
        tab.goto(page.as_uri())
        tab.wait_for_timeout(1500)
        tab.screenshot(path=PICTURES / f"{name}.png")
        tab.close()


def entry(name: str, scenario: Scenario) -> str:
    """A scenario's part of the page."""
    shown = f"![{scenario.title}](images/gallery/{name}.png)\n\n" if (PICTURES / f"{name}.png").is_file() else ""
    return f"## {scenario.title}\n\n*{scenario.question}*\n\n{shown}`supplysim run {name}`\n"


def main() -> None:
    """Make the pictures asked for and the page of all."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*")
    options.add_argument("--draws", type=int, default=32)
    asked = options.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name in asked.names or (shipped() if asked.draws else ()):
            picture(browser, name, asked.draws)
        browser.close()
    head = (
        "# Gallery\n\nThe shipped scenarios, each a question somebody in the field asks, with the first screen of its\n"
        "report (32 draws). `scenarios/README.md` has the answers in one table.\n"
    )
    parts = [entry(name, load(name)) for name in shipped()]
    (ROOT / "docs/gallery.md").write_text("\n".join([head, *parts]), encoding="utf-8")


if __name__ == "__main__":
    main()
