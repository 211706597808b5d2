"""The house keeps its shape: data flows one way, the engine knows NumPy alone, and nothing imports in a circle."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import supplysim

ROOT = Path(supplysim.__file__).parent
LOWER = {
    "engine": set(),
    "indicators": {"world"},
    "world": {"engine"},
    "scenario": {"world"},
    "logistics": {"scenario", "world"},
    "assembly": {"engine", "scenario", "world", "logistics"},
    "results": {"engine", "assembly", "indicators", "scenario", "world"},
    "batch": {"engine", "assembly", "scenario", "world", "results"},
    "decisions": {"assembly", "batch", "engine", "logistics", "results", "scenario", "world"},
    "report": {"decisions", "engine", "results", "scenario", "world"},
    "history": {"api", "assembly", "batch", "engine", "results", "scenario", "world"},
    "web": {"assembly", "batch", "engine", "report", "results", "scenario", "world"},
}
"""What each room may import besides itself and errors: only what lies below it."""


def imported(path: Path) -> set[str]:
    """Names of packages that a file imports anywhere, `supplysim.room` for our own."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{a.name}" if node.module == "supplysim" else node.module for a in node.names}
    return {".".join(name.split(".")[:2]) if name.startswith("supplysim.") else name.split(".")[0] for name in found}


@pytest.mark.parametrize("room", sorted(LOWER))
def test_a_room_imports_only_from_below(room):
    allowed = {f"supplysim.{name}" for name in {room, "errors", "__version__", *LOWER[room]}}
    for path in (ROOT / room).rglob("*.py"):
        ours = {name for name in imported(path) if name.startswith("supplysim")}
        assert ours <= allowed, f"{path.relative_to(ROOT)} imports {sorted(ours - allowed)}"


def test_the_engine_knows_numpy_alone():
    for path in (ROOT / "engine").rglob("*.py"):
        others = {name for name in imported(path) if not name.startswith("supplysim")} - sys.stdlib_module_names
        assert others <= {"numpy"}, path.name


def test_nothing_prints_but_the_command_line():
    for path in ROOT.rglob("*.py"):
        calls = [n.func.id for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]  # fmt: skip
        assert "print" not in calls, path


def modules_imported(path: Path) -> set[Path]:
    """Files of ours that a file imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("supplysim"):
            below = ROOT.joinpath(*node.module.split(".")[1:])
            names = [below.joinpath(alias.name).with_suffix(".py") for alias in node.names]
            found |= {below.with_suffix(".py"), below / "__init__.py", *names}
    return {file for file in found if file.is_file()} - {ROOT / "__init__.py", path}


def test_no_file_of_the_language_is_in_a_circle():
    room = sorted((ROOT / "scenario").rglob("*.py"))
    above = {path: modules_imported(path) & set(room) for path in room}
    while free := [path for path, below in above.items() if not below & above.keys()]:
        for path in free:
            del above[path]
    assert not above, sorted(str(path.relative_to(ROOT)) for path in above)
