"""The notebooks run from top to bottom, each in a folder and a kernel of its own; they are kept without outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.patience import HANG

FOLDER = Path(__file__).parents[2] / "notebooks"
BOOKS = sorted(FOLDER.glob("*.ipynb"))
QUICK = "1-first-run"


def test_there_are_six() -> None:
    assert len(BOOKS) == 6


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert book.cells[0].cell_type == "markdown"
    for cell in book.cells:
        assert cell.cell_type == "markdown" or (cell.outputs == [] and cell.execution_count is None)


def marked(path: Path) -> Any:
    return pytest.param(path, id=path.stem, marks=() if path.stem == QUICK else pytest.mark.slow)


@pytest.mark.filterwarnings("ignore")  # what the kernel's client warns of itself
@pytest.mark.parametrize("path", [marked(path) for path in BOOKS])
def test_it_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    book = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": tmp_path}}
    made = nbclient.NotebookClient(book, timeout=HANG, startup_timeout=HANG, kernel_name="python3", resources=place)
    made.execute()
    said = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("data" in output for output in said)
    errors = [output["text"] for output in said if output.get("name") == "stderr"]
    assert not [text for text in errors if "Traceback" in text or "error" in text.lower()], errors
