"""The scenarios on offer are those that lie there now."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supplysim.web import library
from supplysim.web.library import Library


def test_files_are_read_again_only_when_one_has_come_gone_or_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr(library, "listed", lambda folder: read.append(folder) or ())
    found = Library(tmp_path)
    found.rows()
    found.rows()
    assert len(read) == 1
    path = tmp_path / "mine.yaml"
    path.write_text("format: 1\n", encoding="utf-8")
    found.rows()
    found.rows()
    assert len(read) == 2
    os.utime(path, (1, 1))
    found.rows()
    path.unlink()
    found.rows()
    assert len(read) == 4
