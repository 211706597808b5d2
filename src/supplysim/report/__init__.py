"""The report room: one self-contained page that opens offline, made from a run folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supplysim.report.source import Run

PAGE = "report.html"
BRIEF = "brief.html"
"""The pages' names in a run folder."""


def write_report(folder: Path, target: Path | None = None, run: Run | None = None) -> Path:
    """Write the page of one run folder (to `report.html` inside it unless told) and return its path.

    `run` is one in memory (`source.run_of`), of which the folder holds the same: it need not be read then.

    Raises `InputError` when the folder is not one of a run, lacks a file, or cannot be written to.
    """
    from supplysim.report.page import page
    from supplysim.report.source import read_run, with_attribution
    from supplysim.results.folder import write_text

    where = target or folder / PAGE
    write_text(where, page(with_attribution(run, folder) if run else read_run(folder)))
    return where


def write_brief(folder: Path, target: Path | None = None) -> Path:
    """Write the brief of one run folder, which prints to two sheets (to `brief.html` inside it unless told).

    Raises `InputError` as `write_report` does.
    """
    from supplysim.report.page import two_pages
    from supplysim.report.source import read_run
    from supplysim.results.folder import write_text

    where = target or folder / BRIEF
    write_text(where, two_pages(read_run(folder)))
    return where


def write_comparison(folders: list[Path], target: Path) -> Path:
    """Write one page that sets runs side by side, with paired differences from the first; return its path.

    A sweep's folder stands for all of its cells.

    Raises `InputError` as `write_report` does.
    """
    from supplysim.report.comparison import comparison
    from supplysim.results.compare import find_runs
    from supplysim.results.folder import write_text

    write_text(target, comparison(find_runs(folders)))
    return target
