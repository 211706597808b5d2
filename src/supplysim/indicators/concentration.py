"""How few suppliers a market has. Every function takes the suppliers on the last axis; leading axes are batches."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from supplysim.indicators._checks import Array, numbers, plain, same_length, vector

SHARE_ROUNDING = 0.02
"""Published shares are rounded: their sum may exceed one by this much."""


def _shares(values: ArrayLike) -> Array:
    shares = vector("shares", values)
    total = float(shares.sum(axis=-1).max())
    if total > 1 + SHARE_ROUNDING:
        raise ValueError(f"shares must be fractions of the whole, but they sum to {total:g}")
    return shares


def hhi(shares: ArrayLike) -> Array:
    """Herfindahl-Hirschman index, the sum of squared shares, between 0 and 1.

    `shares` `(..., suppliers)` are fractions of the whole. They may sum to less than one: what is left out counts as
    many suppliers too small to matter. ValueError where they are negative, missing, empty or sum to more than one.
    """
    return plain(np.square(_shares(shares)).sum(axis=-1))


def effective_suppliers(shares: ArrayLike) -> Array:
    """The number of equal suppliers with the same concentration, `1 / hhi` (Adelman 1969, Rev. Econ. Stat. 51).

    `shares` `(..., suppliers)` as for `hhi`; ValueError as there, and where all of them are zero.
    """
    index = np.asarray(hhi(shares))
    if (index <= 0).any():
        raise ValueError("shares are all zero: there is no supplier to count")
    return plain(1.0 / index)


def top_share(shares: ArrayLike, k: int) -> Array:
    """The share of the `k` largest suppliers together, 0..1; all of them where there are fewer than `k`.

    The concentration ratio CR_k, as the IEA's top-3 shares. `shares` `(..., suppliers)` as for `hhi`; ValueError as
    there, and for a `k` that is no whole number of at least 1.
    """
    if k < 1 or k != int(k):
        raise ValueError(f"k must be a whole number of at least 1, got {k}")
    k = int(k)
    return plain(np.sort(_shares(shares), axis=-1)[..., -k:].sum(axis=-1))


def n1_coverage(supply: ArrayLike, demand: ArrayLike) -> Array:
    """How much of the others' demand the others' supply covers once the largest supplier is gone.

    `(supply - largest supplier) / (demand - largest supplier's own demand)`, the N-1 test of the IEA's Global
    Critical Minerals Outlook. `supply` and `demand` `(..., regions)` list the same regions in the same order, in the
    same unit. ValueError where nobody but the largest supplier has any demand.
    """
    made, used = vector("supply", supply), vector("demand", demand)
    same_length(supply=made, demand=used)
    made, used = np.broadcast_arrays(made, used)
    first = made.argmax(axis=-1)[..., None]
    rest = used.sum(axis=-1) - np.take_along_axis(used, first, axis=-1)[..., 0]
    if (rest <= 0).any():
        raise ValueError("only the largest supplier has demand: the N-1 coverage of the others is undefined")
    return plain((made.sum(axis=-1) - made.max(axis=-1)) / rest)


def corridor_exposure(flows: ArrayLike, through: ArrayLike) -> Array:
    """Share of each buyer's supply that passes each corridor, `(corridors, buyers)`.

    `flows` `(suppliers, buyers)` in tonnes; `through` `(corridors, suppliers, buyers)`, the share of each link's
    tonnes that uses the corridor. A buyer without supply has exposure 0. Shares over corridors can sum to more than
    one, because one shipment may pass several. ValueError for other shapes, and for shares outside 0 to 1.
    """
    tonnes, share = numbers("flows", flows), numbers("through", through)
    if (share > 1).any():
        raise ValueError(f"through must hold shares between 0 and 1, got {share.max():g}")
    if tonnes.ndim != 2 or share.ndim != 3 or share.shape[1:] != tonnes.shape:
        raise ValueError(f"through {share.shape} must be (corridors, suppliers, buyers) of flows {tonnes.shape}")
    bought = tonnes.sum(axis=0)
    passing = np.einsum("csb,sb->cb", share, tonnes)
    exposure: Array = np.divide(passing, bought, out=np.zeros_like(passing), where=bought > 0)
    return exposure
