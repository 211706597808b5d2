"""The library is built by whatever compiler there is, and nothing breaks where there is none."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from supplysim.engine.native import build as building
from supplysim.engine.native.build import build, compilers


def test_without_a_compiler_there_is_no_library_and_no_error(monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", "/bin/false")
    assert build(tmp_path) == []
    monkeypatch.setenv("CXX", "/no/such/compiler")
    assert build(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_there_is_no_library_and_no_error(tmp_path):
    if not compilers():
        pytest.skip("there is no C++ compiler")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert build(tmp_path / "file") == []


def test_the_compiler_asked_for_comes_before_the_platforms_own(monkeypatch):
    monkeypatch.setenv("CXX", "ccache g++")
    assert compilers() == [["ccache", "g++"]]
    monkeypatch.delenv("CXX")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == "clang++" else None)
    monkeypatch.setattr(building.importlib.util, "find_spec", lambda _: object())
    assert compilers() == [["/usr/bin/clang++"], [sys.executable, "-m", "ziglang", "c++"]]


def test_a_build_for_a_processor_that_the_compiler_does_not_know_is_left_out(monkeypatch, tmp_path):
    vectors = {"generic": (), "avx2": ("-march=no-such-processor",)}
    (tmp_path / "small.cpp").write_text('extern "C" int level() { return 0; }', encoding="utf-8")
    monkeypatch.setattr(building, "SOURCE", tmp_path / "small.cpp")
    monkeypatch.setattr(building, "VECTORS", vectors)
    monkeypatch.setattr(building, "_vectors", lambda: list(vectors))
    assert [path.name for path in build(tmp_path)] == [building.name_of("generic")]


@pytest.mark.slow
@pytest.mark.parametrize(("compiler", "holds"), [("/bin/false", False), ("", True)])
def test_the_wheel_holds_the_engine_where_there_is_a_compiler_and_is_pure_where_not(
    monkeypatch, tmp_path, compiler, holds
):
    if holds and not compilers():
        pytest.skip("there is no C++ compiler")
    monkeypatch.setenv("CXX", compiler)
    root = Path(__file__).parents[3]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=root, check=True,
        capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    libraries = [name for name in names if name.endswith(".so")]
    assert (f"supplysim/engine/native/{building.name_of('generic')}" in libraries) == holds
    assert holds or not libraries
    assert ("-py3-none-any" in wheel.name) != holds
    assert "supplysim/engine/native/month.cpp" in names


@pytest.mark.slow
@pytest.mark.parametrize(("compiler", "holds"), [("/bin/false", False), ("", True)])
def test_an_editable_install_builds_beside_its_source(monkeypatch, tmp_path, compiler, holds):
    if holds and not compilers():
        pytest.skip("there is no C++ compiler")
    monkeypatch.setenv("CXX", compiler)
    root = Path(__file__).parents[3]
    native = Path("src/supplysim/engine/native")
    shutil.copytree(root / native, tmp_path / native, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    hook = runpy.run_path(str(root / "hatch_build.py"))["CompiledMonth"]
    build_data: dict[str, object] = {"force_include": {}}
    hook(str(tmp_path), {}, None, None, str(tmp_path), "wheel").initialize("editable", build_data)
    assert build_data == {"force_include": {}}, "it is found next to its source"
    made = list((tmp_path / "src/supplysim/engine/native").glob("*.so"))
    assert bool(made) == holds


def test_the_compiler_has_nothing_to_warn_of():
    """Here warnings are errors; in an install a new compiler's new warning must not cost the engine."""
    if not compilers():
        pytest.skip("there is no C++ compiler")
    strict = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-psabi", "-Wparentheses"]
    done = subprocess.run([*compilers()[0], *strict, str(building.SOURCE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:2000]


STORY = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from supplysim.engine.native import library
library.HERE = Path({folder!r})
from tests.engine.native.chains import EFFECTS, chain
from supplysim.engine.run import simulate
simulate(chain(3, sorted(EFFECTS), sorted(EFFECTS)), {{2: [(0, 0)]}}, "compiled")
"""


@pytest.mark.slow
def test_sanitizers_find_nothing_under_all_effects_at_once(monkeypatch, tmp_path):
    """Addresses and undefined behaviour, with the checks of the standard library's containers on."""
    gcc = shutil.which("g++")
    if gcc is None:
        pytest.skip("needs g++ and its sanitizers")
    monkeypatch.setenv("CXX", gcc)
    monkeypatch.setattr(building, "_vectors", lambda: ["generic"])
    extra = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-D_GLIBCXX_ASSERTIONS"]
    if not build(tmp_path, extra):
        pytest.skip("this g++ has no sanitizers")
    runtime = subprocess.run([gcc, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", STORY.format(root=root, folder=str(tmp_path))], capture_output=True, text=True,
        env={"LD_PRELOAD": runtime.strip(), "ASAN_OPTIONS": "detect_leaks=0", "PYTHONPATH": f"{root}/src"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
