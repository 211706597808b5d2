"""What a figure was measured on: figures of different machines are never compared."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np

from supplysim import __version__
from supplysim.batch.chunk import peak_memory
from supplysim.engine.native.library import library

FLAGS = ("avx2", "fma", "avx512f")


def machine() -> dict[str, object]:
    """CPU model and flags, cores, versions, and whether the compiled engine is there."""
    told = _cpu()
    return {
        "cpu": told.get("model name", platform.processor() or platform.machine()),
        "family": told.get("cpu family", ""), "model": told.get("model", ""),
        "flags": [flag for flag in FLAGS if flag in told.get("flags", "").split()],
        "cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version(),
        "numpy": np.__version__, "supplysim": __version__, "compiled": library() is not None,
    }  # fmt: skip


def peak_mb() -> float:
    """Most memory that this program has held, in MB. What `getrusage` says is not below what its parent once held."""
    told = Path("/proc/self/status")
    if not told.is_file():
        return peak_memory() / 2**20
    line = next(line for line in told.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _cpu() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = [line.partition(":") for line in lines if ":" in line]
    return {name.strip(): value.strip() for name, _, value in reversed(pairs)}


def same_cpu(a: dict[str, object], b: dict[str, object]) -> bool:
    """Whether two results may be compared."""
    return all(a.get(name) == b.get(name) for name in ("cpu", "family", "model", "flags"))
