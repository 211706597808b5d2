"""Corridors that close or narrow: the flow on them moves to others that serve the same trade, as far as they have room.

Each link `(s, b)` sends a share of its base-year flow along each corridor, and the rest by ways that nobody names.
What a corridor cannot pass any more is lost to its links, pro rata, and offered to the other corridors that serve the
link, by the room they have; what they cannot take either is missing from a cap on the links' sum. Flow that moves takes
the time of its new way: the link's mean time on the way changes, in whole months.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from supplysim.engine.market import Array, Mask
from supplysim.engine.policy import NO_LIMIT, Cap, Levers
from supplysim.engine.profile import Profile, always

AMPLE = 1e15
"""Room of a corridor that nothing limits, in tonnes a month."""


@dataclass(frozen=True)
class Narrowing:
    """What happens to corridor `which`: it loses the profile's level of its capacity, or of what it has above `limit`
    `(d,)` cargo tonnes a month where that is given."""

    which: int
    profile: Profile
    limit: Array | None = None


@dataclass(frozen=True)
class Corridors:
    """The corridors of one stage. `share` `(c, s, b)` of each link's base-year flow; `serves` `(c, s, b)` which links
    may use a corridor. By corridor `(c,)`: `load` (all freight) and `room` (what it passes beyond that, `AMPLE` where
    nothing limits it) in cargo tonnes a month, `part` of the room that is this product's, `cargo` tonnes per tonne of
    product, `months` on the way."""

    share: Array
    serves: Mask
    load: Array
    room: Array
    part: Array
    cargo: Array
    months: Array
    narrowed: tuple[Narrowing, ...]

    @property
    def profile(self) -> Profile:
        """Always at work; each narrowing has its own time."""
        return always()

    def groups(self) -> tuple[Mask, ...]:
        """Links that the same corridors serve, of those that a narrowed corridor serves: one cap for each group."""
        touched = self.share[sorted({n.which for n in self.narrowed})].sum(axis=0) > 0
        links = sorted(map(tuple, np.argwhere(touched).tolist()), key=self._served_by)
        masks = []
        for _, found in groupby(links, key=self._served_by):
            mask = np.zeros(touched.shape, dtype=bool)
            mask[tuple(np.array(list(found)).T)] = True
            masks.append(mask)
        return tuple(masks)

    def _served_by(self, link: tuple[int, ...]) -> tuple[bool, ...]:
        return tuple(self.serves[:, link[0], link[1]].tolist())

    def apply(self, levers: Levers, level: Array) -> None:
        """Cap and delay the links of narrowed corridors in `levers`; `level` is not read."""
        lost, room = self._narrow(len(level), levers)
        own = self.share * levers.q
        gone = lost[:, :, None, None] * own
        moved = self._moved(gone.sum(axis=1), room)
        left = levers.q - gone.sum(axis=1) + moved.sum(axis=1)
        none = np.zeros(levers.draws)
        for mask in self.groups():
            short = (gone.sum(axis=1) - moved.sum(axis=1))[:, mask].sum(axis=1) > 1e-9 * levers.q[mask].sum()
            levers.caps.append(Cap(mask, np.where(short, left[:, mask].sum(axis=1), NO_LIMIT), none))
        self._delay(levers, own, own - gone + moved)

    def _narrow(self, draws: int, levers: Levers) -> tuple[Array, Array]:
        """Share of each corridor's flow that it cannot pass, and room for others, `(d, c)`."""
        month = levers.month
        passes = np.broadcast_to(self.load + self.room, (draws, len(self.load))).copy()
        for each in self.narrowed:
            k, level = each.which, np.broadcast_to(each.profile.at(month), (draws,))
            whole = passes[:, k] if self.room[k] < AMPLE else np.where(level > 0, self.load[k], passes[:, k])
            floor = 0.0 if each.limit is None else np.minimum(each.limit, whole)
            passes[:, k] = np.where(level > 0, whole - level * (whole - floor), passes[:, k])
        lost = np.clip(1.0 - passes / np.maximum(self.load, 1e-300), 0.0, 1.0)
        return np.where(self.load > 0, lost, 0.0), np.maximum(passes - self.load, 0.0) * self.part / self.cargo

    def _moved(self, gone: Array, room: Array) -> Array:
        """What each corridor takes over on each link `(d, c, s, b)`: by the room it has, and no more than that."""
        offered = room[:, :, None, None] * self.serves
        total = np.maximum(offered.sum(axis=1, keepdims=True), 1e-300)
        asked = gone[:, None] * offered / total
        wanted = asked.sum(axis=(2, 3))
        taken = np.where(wanted > room, room / np.maximum(wanted, 1e-9), 1.0)
        return np.asarray(asked * taken[:, :, None, None])

    def _delay(self, levers: Levers, before: Array, after: Array) -> None:
        """Whole months by which the mean time on the way changes where flow has moved."""
        months = self.months[:, None, None]

        def mean(flow: Array) -> Array:
            return np.asarray((flow * months).sum(axis=-3) / np.maximum(flow.sum(axis=-3), 1e-300))

        carried = after.sum(axis=1)
        share = np.minimum(before.sum(axis=0) / np.maximum(levers.q, 1e-300), 1.0)
        later = np.where((carried > 0) & (share > 0), np.rint(share * (mean(after) - mean(before))), 0.0).astype(
            np.int64
        )
        if later.any():
            levers.late = later if levers.late is None else levers.late + later
