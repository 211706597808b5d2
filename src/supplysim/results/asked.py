"""Metrics as people ask for them: `short_share rare_earths.magnets USA`, and conditions such as `... > 10 %`."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.results.metrics import UNITS, Key
from supplysim.scenario.names import suggestion
from supplysim.scenario.units import DIMENSIONS, UnitError, read_quantity

DIMENSION_OF = {
    "share": "fraction", "0..1": "fraction", "t": "mass", "USD": "money", "months": "duration",
    "x base price": "multiple", "suppliers": "number",
}  # fmt: skip
"""What a value to compare a metric with is measured in, by the metric's unit."""
COMPARED = re.compile(r"\A(.*?)\s*(>=|<=|>|<)\s*(.+)\Z", re.DOTALL)
SIGNS = {">": "above", ">=": "of at least", "<": "below", "<=": "of at most"}


class Condition(NamedTuple):
    """A metric compared with a value in its base unit; `text` is how the value was written."""

    key: Key
    sign: str
    value: float
    text: str

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Where the condition holds; an infinite number (never reached) is above every value."""
        compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[self.sign]
        return np.asarray(compare(values, self.value))


def find_key(text: str, keys: Collection[Key]) -> Key:
    """The metric of a run that a text names: metric, product, region, and the contract where a metric has one.

    Parts may come in any order and be left out where only one of `keys` is meant. Raises `InputError` naming the first
    part that no metric has, or the choices that are left.
    """
    left, parts = list(keys), re.split(r"[\s|]+", text.strip())
    for part in parts:
        found = [key for key in left if part in key]
        if not found:
            known = sorted({name for key in left for name in key if name})
            raise InputError(f"'{part[:80]}' in '{text.strip()[:200]}' is no metric, product or region of this run"
                             f"{suggestion(part, known)}")  # fmt: skip
        left = found
    if len(left) > 1:
        field = next(name for name in Key._fields if len({getattr(key, name) for key in left}) > 1)
        names = sorted({getattr(key, field) or "(none)" for key in left})
        shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        raise InputError(f"'{text.strip()[:200]}' may mean several: say which {field}: {shown}")
    return left[0]


def read_condition(text: str, keys: Collection[Key]) -> Condition:
    """A condition such as `short_share rare_earths.magnets USA > 10 %`. Raises `InputError` for any part of it."""
    match = COMPARED.match(text.strip())
    if not match:
        raise InputError(f"'{text.strip()[:200]}' is no condition; write METRIC PRODUCT REGION > VALUE (or >=, <, <=)")
    key = find_key(match[1], keys)
    dimension = DIMENSIONS[DIMENSION_OF.get(UNITS[key.metric], "number")]
    written = match[3].strip()
    try:
        bare = float(written)
    except ValueError:
        bare = None
    try:
        value = read_quantity(written if bare is None else bare, dimension)
    except UnitError as error:
        raise InputError(f"'{text.strip()[:200]}': {key.metric} is given in {dimension.examples}: {error}") from None
    return Condition(key, match[2], value, written)
