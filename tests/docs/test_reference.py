"""The generated pages are what the command writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from supplysim.cli import COMMANDS
from supplysim.cli.reference import pages, write

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["commands.md", "parameters.md"])
def test_the_page_is_up_to_date(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(write, [str(tmp_path)])
    assert done.exit_code == 0, done.output
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert written == (DOCS / name).read_text(encoding="utf-8"), "run `python -m supplysim.cli.reference docs/`"


def test_every_command_has_its_section() -> None:
    text = pages()["commands.md"]
    for name in COMMANDS:
        assert f"\n## {name}\n" in text
        assert f"supplysim {name}" in text
