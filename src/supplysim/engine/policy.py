"""Policies as arrays: what each instrument of model.md section 3 does to one stage's market in one month.

An effect knows where it bites (indices or a link mask) and a `Profile` of when and how strongly. `Levers` collects
what all effects of a month ask for; the month reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from supplysim.engine.market import Array, Mask
from supplysim.engine.profile import Profile

NO_LIMIT = 1e30
"""A group cap that is not at work."""


class Cap(NamedTuple):
    """A limit on the sum of some links' flows: `limit` tonnes a month `(d,)` and `of_demand` `(d,)` of what the buyers
    concerned ask for. An effect that limits asks for its caps in every month, `NO_LIMIT` while it rests."""

    links: Mask
    limit: Array
    of_demand: Array


class Term(NamedTuple):
    """What a contract makes its buyer pay for up to `volume` tonnes a month of a link: the spot price within `low` and
    `high`, multiples of the base price. All `(d,)`."""

    supplier: int
    buyer: int
    volume: Array
    low: Array
    high: Array


@dataclass
class Levers:
    """The data of one stage's market in one month, as the effects leave them. Links `(d, s, b)`, made when needed."""

    draws: int
    month: int
    q: Array
    """Base-year flows `(s, b)`."""
    K: Array
    S0: Array
    D0: Array
    vcap: Array
    eager: Array
    """Extra months of cover that buyers want because of what is announced, `(d, b)`."""
    grown: Array
    """Growth of buyers' reference flows since the base year, `(d, b)`."""
    added: Array
    """Capacity built since the base year `(d, s)`, which brings reference flows as the supplier's others."""
    cost: Array | None = None
    duty: Array | None = None
    allowed: Array | None = None
    """Share of a link's customary flow that bans leave; infinite where nothing is banned."""
    floor: Array | None = None
    option: Array | None = None
    late: NDArray[np.int64] | None = None
    release: Array | None = None
    kept: Array | None = None
    """Tonnes that purchases are to hold outside the market by the end of the month, `(d, b)`; None where there are
    none."""
    caps: list[Cap] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int, int]:
        return (self.draws, *self.q.shape[-2:])


class Effect(Protocol):
    """Something that changes a stage's market while its profile is above zero."""

    @property
    def profile(self) -> Profile: ...

    def apply(self, levers: Levers, level: Array) -> None:
        """Change `levers` in place; `level` `(d,)` is the profile's value this month."""


def _on(array: Array | None, levers: Levers, fill: float) -> Array:
    return np.full(levers.shape, fill) if array is None else array


@dataclass(frozen=True)
class Outage:
    """Capacity of some suppliers falls: outage, strike, accident, closure."""

    suppliers: NDArray[np.intp]
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        levers.K[:, self.suppliers] *= 1.0 - level[:, None]


@dataclass(frozen=True)
class Ban:
    """Flows on some links are limited to `1 - level` of what is customary there: export or import ban, licences held
    back. Customary is the base year's flow, or what was contracted or learned on the link since where that is more."""

    links: Mask
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        levers.allowed = _on(levers.allowed, levers, np.inf)
        share = np.where(level > 0, np.maximum(1.0 - level, 0.0), np.inf)[:, None]
        levers.allowed[:, self.links] = np.minimum(levers.allowed[:, self.links], share)


@dataclass(frozen=True)
class Cost:
    """Delivered cost rises by `rate` (`(d,)`, negative for a subsidy): tariff (revenue tracked), freight, insurance."""

    links: Mask
    rate: Array
    duty: bool
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        added = np.log1p(self.rate * level)[:, None]
        levers.cost = _on(levers.cost, levers, 0.0)
        levers.cost[:, self.links] += added
        if self.duty:
            levers.duty = _on(levers.duty, levers, 0.0)
            levers.duty[:, self.links] += added


@dataclass(frozen=True)
class Quota:
    """The flows on some links sum to at most `limit` tonnes a month `(d,)`, or to `1 - cut` of the base year's.

    With `of_demand` the limit is that share of what the buyers concerned ask for: a diversification rule. Below full
    level a limit stands between itself and the base year's sum, so that it eases as the rule fades.
    """

    links: Mask
    profile: Profile
    limit: Array | None = None
    cut: Array | None = None
    of_demand: Array | None = None

    def apply(self, levers: Levers, level: Array) -> None:
        usual, share = levers.q[self.links].sum(), np.zeros(levers.draws)
        if self.of_demand is not None:
            limit, share = share, np.where(level > 0, self.of_demand, 0.0)
        elif self.cut is not None:
            limit = (1.0 - self.cut * level) * usual
        else:
            limit = self.limit + (1.0 - level) * np.maximum(usual - self.limit, 0.0)
        levers.caps.append(Cap(self.links, np.where(level > 0, limit, NO_LIMIT), share))


@dataclass(frozen=True)
class Delay:
    """Shipments on some links take `months` more: licensing, detours. Arrays `(d,)`."""

    links: Mask
    months: Array
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        if levers.late is None:
            levers.late = np.zeros(levers.shape, dtype=np.int64)
        levers.late[:, self.links] += np.where(level > 0, np.rint(self.months), 0).astype(np.int64)[:, None]


@dataclass(frozen=True)
class Demand:
    """Reference demand of some buyers changes by the share `change` `(d,)`: surge, thrifting, substitution."""

    buyers: NDArray[np.intp]
    change: Array
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        levers.D0[:, self.buyers] *= 1.0 + (self.change * level)[:, None]


@dataclass(frozen=True)
class Capacity:
    """New capacity of `size` tonnes a month `(d,)` at one supplier: project, expansion, recycling, contracted mine.

    What of it is not `tied` `(d,)` by other effects is offered to buyers by `share` `(b,)`: reference flows, without
    which nobody would know of the new supply.
    """

    supplier: int
    size: Array
    profile: Profile
    share: Array | None = None
    tied: Array = field(default_factory=lambda: np.zeros(1))

    def apply(self, levers: Levers, level: Array) -> None:
        levers.K[:, self.supplier] += self.size * level
        levers.S0[:, self.supplier] += self.size * level
        if self.share is not None:
            levers.option = _on(levers.option, levers, 0.0)
            levers.option[:, self.supplier] += (np.maximum(self.size - self.tied, 0.0) * level)[:, None] * self.share


@dataclass(frozen=True)
class Offtake:
    """Take or pay: a floor of `volume` tonnes a month `(d,)` on the total flow of one link."""

    supplier: int
    buyer: int
    volume: Array
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        levers.floor = _on(levers.floor, levers, 0.0)
        levers.floor[:, self.supplier, self.buyer] += self.volume * level


@dataclass(frozen=True)
class EquityShare:
    """An owner's share `(d,)` (0..1) of what one supplier can make flows to it, up to `most` tonnes a month `(d,)`."""

    supplier: int
    buyer: int
    share: Array
    profile: Profile
    most: Array = field(default_factory=lambda: np.full(1, np.inf))

    def apply(self, levers: Levers, level: Array) -> None:
        levers.floor = _on(levers.floor, levers, 0.0)
        output = np.minimum(levers.K[:, self.supplier], levers.S0[:, self.supplier])
        levers.floor[:, self.supplier, self.buyer] += level * np.minimum(self.share * output, self.most)


@dataclass(frozen=True)
class Option:
    """A right to buy `volume` tonnes a month `(d,)`: raises the link's reference flow instead of setting a floor."""

    supplier: int
    buyer: int
    volume: Array
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        levers.option = _on(levers.option, levers, 0.0)
        levers.option[:, self.supplier, self.buyer] += self.volume * level


@dataclass(frozen=True)
class PriceTerms:
    """A contract's price: spot within `low` and `high` (multiples of the base price) for up to `volume` tonnes a month.

    It moves money between the two sides and no mineral: what is delivered is decided by the floor or the option.
    """

    supplier: int
    buyer: int
    volume: Array
    low: Array
    high: Array
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        levers.terms.append(Term(self.supplier, self.buyer, self.volume * level, self.low, self.high))


@dataclass(frozen=True)
class PriceCap:
    """Some buyers leave demand unmet above the log price `vcap` `(d,)`; users who pay more keep their own ceiling."""

    buyers: NDArray[np.intp]
    vcap: Array
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        cap = np.where(level > 0, self.vcap, np.inf)[:, None]
        levers.vcap[:, self.buyers] = np.minimum(levers.vcap[:, self.buyers], cap)


@dataclass(frozen=True)
class Release:
    """A one-off release of `volume` tonnes a month `(d,)` from the strategic stockpile, split by `share` `(b,)`."""

    share: Array
    volume: Array
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        if levers.release is None:
            levers.release = np.zeros((levers.draws, len(self.share)))
        levers.release += (self.volume * level)[:, None] * self.share


@dataclass(frozen=True)
class Purchase:
    """Somebody buys through some buyers' market, by `share` `(b,)`, and keeps it outside of it.

    `volume` tonnes `(d,)` at level 1: the profile's way up is the buying, evenly over its ramp, its way down the
    selling back. Until then what is held does not come to the market, whatever the price.
    """

    share: Array
    volume: Array
    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        if levers.kept is None:
            levers.kept = np.zeros((levers.draws, len(self.share)))
        levers.kept += (self.volume * level)[:, None] * self.share


@dataclass(frozen=True)
class News:
    """A loss is in the news, and every buyer of the market looks for cover: the level is months of use.

    Of several losses the one that is most in the news counts: nobody wants cover twice.
    """

    profile: Profile

    def apply(self, levers: Levers, level: Array) -> None:
        levers.eager = np.maximum(levers.eager, level[:, None])


INSTRUMENTS = (
    Ban, Capacity, Cost, Delay, Demand, EquityShare, News, Offtake, Option, Outage, PriceCap, PriceTerms, Purchase,
    Quota, Release,
)  # fmt: skip
"""All of them, in the order of the alphabet."""
