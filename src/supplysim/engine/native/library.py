"""The C interface of the compiled month: its structures, as in interface.hpp, and the library for this processor."""

from __future__ import annotations

import ctypes as c
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.native.build import name_of
from supplysim.errors import RunError

LEVELS = ("generic", "avx2", "avx512")
"""Builds of the library, from any processor to the newest; the best that is there and runs here is taken."""
FEW = 4
"""Draws that fill the lanes of AVX2, and half of those of AVX-512."""
HERE = Path(__file__).parent

Numbers, Whole, Flags = c.POINTER(c.c_double), c.POINTER(c.c_int32), c.POINTER(c.c_uint8)
DTYPES: dict[Any, Any] = {Numbers: np.float64, Whole: np.int32, Flags: np.uint8}


def _fields(**groups: str) -> list[tuple[str, object]]:
    kinds = {"i": c.c_int32, "n": Numbers, "w": Whole, "f": Flags, "d": c.c_double, "s": c.c_void_p}
    return [(name, kinds[key[0]]) for key, names in groups.items() for name in names.split()]


class StageTables(c.Structure):
    """`Stage` in interface.hpp."""

    _fields_ = _fields(
        i="suppliers buyers stockpiles caps inputs feeds watched host_stage openings kept",
        n="q home links feed_yield output_yield share customers worth",
        w="lead build_lead host feed_supplier feed_stage feed_buyer output_stage makes watch keeps cap_start cap_of",
        f="concerns",
        d="term_share tenor",
        n1="sigma S0 K eps trend stocking D0 eta vcap cover growth lead_by_draw longest piles",
        n2="made limit flow carried delivered spend duty watched_flow steps",
        n3="reference used short adapted rationed stock reserve spot contract",
    )  # type: ignore[assignment]


class LeverTables(c.Structure):
    """`Levers` in interface.hpp; what is not set is null."""

    _fields_ = _fields(
        i="equities terms",
        n="K_share K_more S0_share S0_more D0_share D0_more vcap eager release kept",
        n1="cost duty allowed floor option late longest limit of_demand equity term",
        w="equity_place term_place",
    )  # type: ignore[assignment]


RULES = (
    "learning", "reversion", "floor", "response", "release_time", "rebuild_time", "max_build", "expectation_gain",
    "kappa", "qualification", "scarce_above", "long_run_multiple", "long_run_months", "invest_above", "invest_after",
    "invest_share", "curvature", "responding", "at_once", "cargo_follows",
)  # fmt: skip
"""Rules that the compiled month reads as numbers, in the order of `Pace` in state.hpp, which ends with the log of
what a month leaves of a shortfall of stocks."""
LOGS = frozenset(("floor", "scarce_above", "invest_above"))
"""Those of them that it reads as logs."""


class ChainTables(c.Structure):
    """`Chain` in interface.hpp."""

    _fields_ = _fields(
        i="stages draws padded months counted_from learns invests", s="stage", n="rules",
    )  # type: ignore[assignment]  # fmt: skip


LINK, SELLER, CAP = ("q", "T", "L", "H", "x"), ("S0", "K", "eps", "U"), ("limit", "rent")
BUYER = (
    "D0", "eta", "vcap", "F", "target", "position", "held", "expected", "max_build", "answering",
    "lead", "V", "unmet", "asked",
)  # fmt: skip
"""The columns of the tables of `Stuck`."""


class Stuck(c.Structure):
    """`Stuck` in interface.hpp."""

    _fields_ = _fields(i="stage month draw", d="sigma", n="links sellers buyers caps")  # type: ignore[assignment]


class Verdict(c.Structure):
    """`Verdict` in interface.hpp."""

    _fields_ = _fields(i="fault stage month draw", d="size")  # type: ignore[assignment]


Rescue = c.CFUNCTYPE(c.c_int, c.POINTER(Stuck))


def library() -> Path | None:
    """The compiled month's library in this install; None where there was no compiler, or where its sources differ."""
    found = HERE / name_of("generic")
    return found if found.is_file() else None


def best() -> int:
    """The newest of `LEVELS` that this processor runs."""
    return int(c.CDLL(str(HERE / name_of("generic"))).level())


@lru_cache(maxsize=2)
def loaded(*, few: bool = False) -> c.CDLL:
    """The best build for this processor, of those for `few` draws or for many. Raises `RunError` where the library is
    not of this version of the engine."""
    if library() is None:
        raise RunError("this install has no compiled engine")
    return check(c.CDLL(str(HERE / name_of(level(few=few)))))


def level(*, few: bool = False) -> str:
    """The one of `LEVELS` that is used here: the newest that this processor runs and this install has; for draws that
    are too `few` to fill the newest one's lanes, no newer than the one before it, which is then the faster."""
    newest = best() if not few else min(best(), LEVELS.index("avx2"))
    return next(each for each in LEVELS[newest::-1] if (HERE / name_of(each)).is_file())


def check(found: c.CDLL) -> c.CDLL:
    """Tell a library's functions their types. Raises `RunError` where its structures are not those of this version."""
    sizes = (c.c_int32 * 5)()
    found.layout(sizes)
    if list(sizes) != [c.sizeof(each) for each in (StageTables, LeverTables, ChainTables, Stuck, Verdict)]:
        raise RunError("the compiled engine is older than the code around it: build it again")
    part = c.c_void_p
    found.open_part.restype = part
    found.open_part.argtypes = [c.POINTER(ChainTables), Rescue]
    found.advance.restype = None
    found.advance.argtypes = [part, c.c_int, c.c_int, c.POINTER(LeverTables), c.POINTER(Verdict)]
    found.close_part.restype = None
    found.close_part.argtypes = [part]
    return found


class Tables:
    """Arrays handed to the library, kept alive while it may read them."""

    def __init__(self, draws: int, lanes: int) -> None:
        self.draws = draws
        self.padded = -(-draws // lanes) * lanes
        self.kept: list[NDArray[np.generic]] = []

    def rows(self, values: object, *shape: int) -> NDArray[np.float64]:
        """Values by draw `(d, *shape)`, or `(1, *shape)` for all draws, as a table `[row][draw]` of whole groups."""
        array = np.asarray(values, dtype=float)
        wide = np.broadcast_to(array, (self.draws, *shape)).reshape(self.draws, -1)
        table = np.empty((wide.shape[1], self.padded))
        table[:, : self.draws] = wide.T
        table[:, self.draws :] = wide[-1][:, None]
        return table

    def set(self, target: c.Structure, name: str, values: object) -> None:
        """Point a field of a structure at an array of its kind."""
        kind = _kinds(type(target))[name]
        array = np.ascontiguousarray(values, dtype=DTYPES[kind])
        self.kept.append(array)
        setattr(target, name, c.cast(array.ctypes.data, kind))


@cache
def _kinds(structure: type[c.Structure]) -> dict[str, Any]:
    """The type of each field of a structure."""
    return {field[0]: field[1] for field in structure._fields_}
