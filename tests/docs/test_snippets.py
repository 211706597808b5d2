"""What the pages show is what happens: every snippet of the README and the docs runs, page by page, in its own folder.

A page's snippets run in order and share a folder and a Python namespace. Comments before a block say what is special:
`<!-- file: NAME -->` writes a YAML block to a file; `<!-- test: figures within 10 % -->` lets figures of the output
differ by that much; `<!-- test: exit 2 -->` expects that exit code; `<!-- test: faulty -->` says that a YAML block is
wrong; `<!-- test: skip because ... -->` leaves a block out, and ``skip `COMMAND` because`` a command of it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.patience import HANG

import supplysim
from supplysim.scenario import cells

ROOT = Path(__file__).parents[2]
GENERATED = ("commands.md", "parameters.md")
PAGES = [ROOT / "README.md", *(p for p in sorted((ROOT / "docs").glob("*.md")) if p.name not in GENERATED)]
BLOCK = re.compile(r"((?:^<!--(?:(?!-->).)*-->\n+)*)^```(python|yaml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SKIP = re.compile(r"test: skip(?: `([^`]+)`)? because \w+")
HEAD = "format: 1\ntitle: A snippet of the docs\nextends: baseline\n"
COLOURED = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""What makes a terminal of a pipe: pages show text as a file has it."""
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Block:
    """One snippet with the comments before it; `line` is where it stands."""

    language: str
    text: str
    remarks: str
    line: int

    @property
    def file(self) -> str | None:
        found = re.search(r"<!-- file: (\S+) -->", self.remarks)
        return found[1] if found else None

    @property
    def skipped(self) -> str | None:
        """What is left out: "" for the whole block, a command of it, or None."""
        found = SKIP.search(self.remarks)
        return None if found is None else found[1] or ""

    @property
    def exit_code(self) -> int:
        found = re.search(r"test: exit (\d+)", self.remarks)
        return int(found[1]) if found else 0


def marked(page: Path) -> Any:
    """The page as a test's parameter: slow where it shows what commands print."""
    return pytest.param(
        page, id=page.name, marks=pytest.mark.slow if "```console" in page.read_text(encoding="utf-8") else ()
    )


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(m[2], m[3], m[1], text.count("\n", 0, m.start(2)) + 1) for m in BLOCK.finditer(text)]


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block with the lines of output shown under it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        if not (block.skipped and block.skipped in command):
            yield command.split("  #")[0].strip(), shown


def call(command: str, folder: Path, expect: int) -> str:
    plain = {name: value for name, value in os.environ.items() if name not in COLOURED}
    environment = {**plain, "COLUMNS": "200", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=HANG, check=False
    )
    assert done.returncode == expect, f"$ {command}\nexit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def tidy(line: str) -> str:
    """A line without what may differ: spacing and a run's hash."""
    return " ".join(re.sub(r"\b[0-9a-f]{12}\b", "...", line).split())


def matches(shown: str, actual: str, *, loose: bool) -> bool:
    """Whether a line is the one shown; `...` stands for anything, `loose` lets figures differ a little."""
    words = NUMBER.sub("#", shown) if loose else shown
    pattern = ".*".join(re.escape(part.strip()) for part in words.split("..."))
    if not re.fullmatch(pattern, NUMBER.sub("#", actual) if loose else actual):
        return False
    if not loose or "..." in shown:
        return True
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(actual), strict=True)
    return all(
        float(a.replace(",", "")) == pytest.approx(float(b.replace(",", "")), rel=0.1, abs=0.1) for a, b in pairs
    )


def assert_shown(shown: list[str], output: str, *, loose: bool) -> None:
    """Every shown line appears in the output, in order; a line `...` stands for any lines."""
    actual = [tidy(line) for line in output.splitlines()]
    at = 0
    for line in filter(None, map(tidy, shown)):
        if line == "...":
            continue
        place = next((k for k in range(at, len(actual)) if matches(line, actual[k], loose=loose)), None)
        assert place is not None, f"not in the output: {line}\n{output}"
        at = place + 1


def check_yaml(block: Block, folder: Path) -> None:
    """A YAML block is a scenario that the world can run, one draw of it."""
    path = folder / (block.file or f"line-{block.line}.yaml")
    path.write_text(block.text if "format:" in block.text else HEAD + block.text, encoding="utf-8")
    if "test: faulty" in block.remarks:
        with pytest.raises(supplysim.InputError):
            supplysim.load(path)
        return
    scenario = supplysim.load(path)
    assert cells(scenario)
    supplysim.run(scenario, draws=1)


@pytest.mark.parametrize("page", [marked(page) for page in PAGES])
def test_the_snippets_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks(page):
        if block.skipped == "":
            continue
        if block.language == "python":
            exec(compile("\n" * block.line + block.text, str(page), "exec"), names)
        elif block.language == "yaml":
            check_yaml(block, tmp_path)
        else:
            for command, shown in commands(block):
                assert_shown(
                    shown, call(command, tmp_path, block.exit_code), loose="figures within 10 %" in block.remarks
                )


def test_a_snippet_that_shows_something_else_is_found() -> None:
    assert_shown(["a", "...", "unmet 5 % (2 to 1,000)"], "a\nc\nunmet  5.1 % (2.0 to 1,009)\n", loose=True)
    with pytest.raises(AssertionError, match="not in the output: b"):
        assert_shown(["a", "...", "b"], "a\nc\n", loose=False)
    with pytest.raises(AssertionError, match="not in the output: unmet 3 %"):
        assert_shown(["unmet 3 %"], "unmet 4 %\n", loose=True)
