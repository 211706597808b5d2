"""Numba routines that work on `LANES` draws side by side: arrays `(rows, LANES)`, every lane on its own.

No sum ever runs across lanes, so a draw's bytes do not depend on its neighbours, and the inner loops are vector
instructions. The exponential and the logarithm are written out because numba's own are scalar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from supplysim.engine.market import Array

LANES = 32
Routine = TypeVar("Routine", bound=Callable[..., object])


def compiled(routine: Routine) -> Routine:
    """Compile on first use and keep on disk; division is NumPy's, multiplications and additions may be fused."""
    made: Any = numba.njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})(routine)
    return cast("Routine", made)


Index = NDArray[np.int64]

_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


@compiled
def exponential(values: Array) -> None:
    """Replace every value by its exponential, to within 4 units in the last place; arguments beyond 700 count as 700.

    `exp(x) = 2^n exp(x - n ln 2)`, the second factor by its Taylor series to degree 13 (|x - n ln 2| <= ln(2) / 2).
    """
    flat = values.ravel()
    for k in range(flat.size):
        value = min(max(flat[k], -700.0), 700.0)
        n = np.rint(value * _LOG2E)
        r = value - n * _LN2_HIGH - n * _LN2_LOW
        series = 1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800))
        series = 1 / 40320 + r * (1 / 362880 + r * (1 / 3628800 + r * series))
        series = 1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * series))
        series = 1.0 + r * (1.0 + r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * series))))
        flat[k] = series * np.int64((np.int64(n) + 1023) << 52).view(np.float64)


@compiled
def logarithm(values: Array) -> None:
    """Replace every positive, normal value by its logarithm, to within 4 units in the last place.

    `ln(2^n m) = n ln 2 + 2 artanh((m - 1) / (m + 1))`, `m` between the roots of 1/2 and 2, by its Taylor series.
    """
    flat = values.ravel()
    for k in range(flat.size):
        bits = np.float64(flat[k]).view(np.int64) - np.int64(0x3FE6A09E667F3BCD)
        n = bits >> 52
        m = np.int64((bits & np.int64(0x000FFFFFFFFFFFFF)) + np.int64(0x3FE6A09E667F3BCD)).view(np.float64)
        s = (m - 1.0) / (m + 1.0)
        z = s * s
        series = 1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21))))
        series = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * series))))
        flat[k] = n * _LN2_HIGH + (2.0 * s + (2.0 * s * z * series + n * _LN2_LOW))


@compiled
def load(source: Array, first: int, count: int, out: Array) -> None:
    """Rows `(d, k)` of draws from `first` on as `(k, LANES)`; lanes beyond `count` repeat the last draw."""
    for lane in range(LANES):
        d = first + min(lane, count - 1) if len(source) > 1 else 0
        for k in range(source.shape[1]):
            out[k, lane] = source[d, k]


@compiled
def save(values: Array, first: int, count: int, out: Array) -> None:
    """The first `count` lanes of `(k, LANES)` as rows `(d, k)`."""
    for lane in range(count):
        for k in range(out.shape[1]):
            out[first + lane, k] = values[k, lane]


def _vector_operation(work: Callable[[Any, Any, Any, Any], Any]) -> Any:
    """A routine `(out, i, a, j, b, k)` that sets `out[i]` from `out[i]`, `a[j]` and `b[k]`, all `(rows, LANES)`.

    Vector instructions and nothing else, written for LLVM: numba's own loop over the lanes spends most of its time on
    getting ready. The arrays must be C-contiguous and the rows within them.
    """

    def operation(_: Any, out: Any, i: Any, a: Any, j: Any, b: Any, k: Any) -> Any:
        def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            lanes = ir.VectorType(ir.DoubleType(), LANES)
            places, held = [], []
            for at in (0, 2, 4):
                data = context.make_array(signature.args[at])(context, builder, values[at]).data
                first = builder.mul(values[at + 1], ir.Constant(values[at + 1].type, LANES))
                places.append(builder.bitcast(builder.gep(data, [first]), lanes.as_pointer()))
                held.append(builder.load(places[-1], typ=lanes))
                held[-1].align = 8
            builder.store(work(builder, *held), places[0], align=8)
            return context.get_dummy_value()

        return types.void(out, i, a, j, b, k), write

    return intrinsic(operation)


_FUSED = ("contract",)
set_product = _vector_operation(lambda at, _, left, right: at.fmul(left, right))
set_sum = _vector_operation(lambda at, _, left, right: at.fadd(left, right))
add_product = _vector_operation(lambda at, held, left, right: at.fadd(held, at.fmul(left, right, _FUSED), _FUSED))
subtract_product = _vector_operation(lambda at, held, left, right: at.fsub(held, at.fmul(left, right, _FUSED), _FUSED))


@compiled
def eliminate(
    start: Index, kept: Index, C: Array, gone: Array, right_gone: Array, matrix: Array, right: Array, scaled: Array
) -> None:
    """Take the nodes `gone` out of the Newton system, leaving it in the lower triangle of `matrix` `(m * m, LANES)`.

    Links are sorted by the node that goes, `start[i]` to `start[i + 1]`, then by the node that stays, `kept`. `right`
    is the kept nodes' right-hand side less what the others bring; `right_gone` is minus the others' own. `scaled` is
    scratch of the shape of `C`.
    """
    m = len(right)
    for i in range(len(start) - 1):
        for p in range(start[i], start[i + 1]):
            for lane in range(LANES):
                scaled[p, lane] = C[p, lane] / gone[i, lane]
        for p in range(start[i], start[i + 1]):
            subtract_product(right, kept[p], scaled, p, right_gone, i)
            for other in range(start[i], p + 1):
                subtract_product(matrix, kept[p] * m + kept[other], scaled, p, C, other)


@compiled
def solve_definite(matrix: Array, right: Array) -> None:
    """Solve the positive definite system in the lower triangle of `matrix` by `L D L'`, overwriting both arguments."""
    m = len(right)
    least, inverse, factor = np.full(LANES, 1e-300), np.empty((m, LANES)), np.empty((1, LANES))
    for k in range(m):
        for lane in range(LANES):
            least[lane] = max(least[lane], 1e-16 * matrix[k * m + k, lane])
    for k in range(m):
        for lane in range(LANES):
            inverse[k, lane] = 1.0 / max(matrix[k * m + k, lane], least[lane])
        for j in range(k + 1, m):
            for lane in range(LANES):
                factor[0, lane] = matrix[j * m + k, lane] * inverse[k, lane]
            subtract_product(right, j, factor, 0, right, k)
            for h in range(k + 1, j + 1):
                subtract_product(matrix, j * m + h, factor, 0, matrix, h * m + k)
    for k in range(m - 1, -1, -1):
        for j in range(k + 1, m):
            subtract_product(right, k, matrix, j * m + k, right, j)
        for lane in range(LANES):
            right[k, lane] *= inverse[k, lane]


@compiled
def substitute(start: Index, kept: Index, C: Array, gone: Array, slope: Array, step: Array, out: Array) -> None:
    """Minus the step of the nodes that `eliminate` took out, from the `step` of those that stayed, into `out`."""
    for i in range(len(start) - 1):
        for lane in range(LANES):
            out[i, lane] = slope[i, lane]
        for p in range(start[i], start[i + 1]):
            subtract_product(out, i, C, p, step, kept[p])
        for lane in range(LANES):
            out[i, lane] /= -gone[i, lane]
