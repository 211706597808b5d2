"""Builds the compiled month beside its source: `python -m supplysim.engine.native.build`.

With the compiler that the variable CXX names, else the platform's, else `ziglang` where it is installed. Without any
that knows C++20 there is no library, and NumPy does the work. On x86 there is one build for each generation of vectors;
the one for the processor is chosen when it is loaded. A library's name holds the digest of its sources, so that none is
ever taken for what was compiled from others.

The build hook of the wheel loads this file by itself: it imports nothing of the package.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE / "month.cpp"
FLAGS = (
    "-std=c++20", "-O3", "-fPIC", "-shared", "-Wno-psabi", "-ffp-contract=off",
    "-fno-math-errno", "-fno-trapping-math", "-fvisibility=default",
)  # fmt: skip
"""No contraction of a product and a sum into one operation: every build computes the same bytes."""
VECTORS = {
    "generic": ("-DLANES=4",),
    "avx2": ("-DLANES=4", "-mavx2", "-mfma"),
    "avx512": ("-DLANES=8", "-mavx512f", "-mavx512dq", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"),
}


def name_of(level: str) -> str:
    """File name of a build of the sources as they are."""
    whole = hashlib.sha256()
    for source in sorted([*HERE.glob("*.hpp"), *HERE.glob("*.cpp")]):
        whole.update(source.read_bytes())
    return f"month.{level}-{whole.hexdigest()[:12]}.so"


def compilers() -> list[list[str]]:
    """Commands that may compile C++, in the order in which they are tried."""
    asked = os.environ.get("CXX")
    if asked:
        return [asked.split()]
    found = [[path] for name in ("c++", "g++", "clang++") if (path := shutil.which(name))][:1]
    if importlib.util.find_spec("ziglang"):
        found.append([sys.executable, "-m", "ziglang", "c++"])
    return found


def build(folder: Path = HERE, extra: Sequence[str] = ()) -> list[Path]:
    """Compile the library into `folder` by the first compiler that can; the files made, none where no compiler can.

    `extra` are more flags for the compiler.
    """
    for compiler in compilers():
        made = [path for level in _vectors() if (path := _compile(compiler, level, folder, extra))]
        if any(path.name == name_of("generic") for path in made):
            for old in set(folder.glob("month.*.so")) - set(made):
                old.unlink()
            return made
    return []


def _vectors() -> list[str]:
    return list(VECTORS) if platform.machine().lower() in ("x86_64", "amd64") else ["generic"]


def _compile(compiler: list[str], level: str, folder: Path, extra: Sequence[str]) -> Path | None:
    """One build, put in its place whole, so that nobody loads half a library; None where it cannot be made or put."""
    target = folder / name_of(level)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".build-") as scratch:
            made = Path(scratch) / target.name
            command = [*compiler, *FLAGS, *VECTORS[level], *extra, str(SOURCE), "-o", str(made)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode or not made.is_file():
                return None
            made.replace(target)
    except OSError:
        return None
    return target


def main() -> int:
    """Build in place and say what came of it."""
    made = build()
    if not made:
        sys.stderr.write("no C++ compiler, or no right to write here: the engine stays NumPy alone\n")
        return 1
    sys.stdout.write("".join(f"{path}\n" for path in made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
