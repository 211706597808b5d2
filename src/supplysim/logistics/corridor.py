"""What a corridor is: legs in order, what may close them, and the cargo that enters them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from supplysim.errors import Fault, InputError

YEAR = 365.0
MONTH = YEAR / 12
MODES = ("mine", "rail", "road", "border", "ferry", "port", "sea")
OPEN_ALL_YEAR = (0.0,) * 12


@dataclass(frozen=True)
class Leg:
    """One stage of a corridor: a gate that takes so many tonnes, then a passage of so many days.

    The gate has `servers` places. With a `capacity` (t/yr, an average year's weather included) a lot holds a place for
    as long as makes the places together pass exactly that; without one, a lot of any size holds a place for
    `service_days` (coefficient of variation `service_cv`: 0 fixed, 1 exponential, else gamma). No capacity and no
    servers: nobody queues. `transit_days` (`transit_cv`) is spent behind the gate, where no one stands in the way.

    A leg with `hold_t` carries batches: its servers are vessels, which leave when full or when their first lot has
    waited `patience_days`, are away for a round trip, and follow no timetable. A leg with `departure_days` sends
    everything that waits on fixed days, that far apart. `closed_share` is the share of days lost to weather, January
    to December; closures last `spell_days` on average.
    """

    id: str
    mode: str
    capacity: float = 0.0
    servers: int = 0
    service_days: float = 0.0
    service_cv: float = 0.0
    transit_days: float = 0.0
    transit_cv: float = 0.0
    hold_t: float = 0.0
    patience_days: float = 0.0
    departure_days: float = 0.0
    closed_share: tuple[float, ...] = OPEN_ALL_YEAR
    spell_days: float = 1.0

    def __post_init__(self) -> None:
        """Raise InputError, one fault a mistake, for figures that no leg can have."""
        numbers = (self.capacity, self.service_days, self.service_cv, self.transit_days, self.transit_cv, self.hold_t)
        wrong = {
            f"unknown mode {self.mode!r}; one of {', '.join(MODES)}": self.mode not in MODES,
            "no figure may be below 0": min(*numbers, self.patience_days, self.departure_days, self.servers) < 0,
            "closed_share needs twelve shares from 0 to below 1": len(self.closed_share) != 12
            or not all(0 <= share < 1 for share in self.closed_share),
            "spell_days must be at least 1": self.spell_days < 1,
            "servers without a capacity need service_days": self.servers > 0
            and not self.capacity
            and not self.service_days,
            "vessels (hold_t) need a capacity": self.hold_t > 0 and not self.capacity,
        }
        faults = [Fault(text, path=f"legs.{self.id}") for text, is_wrong in wrong.items() if is_wrong]
        if faults:
            raise InputError(faults)

    @property
    def limited(self) -> bool:
        """Whether lots can queue for a place."""
        return self.capacity > 0 or self.servers > 0

    @property
    def places(self) -> int:
        """Lots (or vessels) handled at once. A ferry's fleet follows from its capacity, its hold and its round trip."""
        if self.servers:
            return self.servers
        if self.hold_t:
            return max(1, round(self.capacity * self.service_days / (YEAR * self.hold_t)))
        return 1

    @property
    def availability(self) -> float:
        """Share of an average year that the weather leaves open."""
        return 1.0 - sum(self.closed_share) / 12

    def work(self, tonnes: float) -> float:
        """Days of open gate for which `tonnes` hold one place."""
        if self.capacity:
            return self.places * tonnes * YEAR * self.availability / self.capacity
        return self.service_days


@dataclass(frozen=True)
class Corridor:
    """Legs in the order in which cargo passes them. `status` is "open" or "closed" in the base year."""

    id: str
    title: str
    legs: tuple[Leg, ...]
    status: str = "open"

    def __post_init__(self) -> None:
        if not self.legs:
            raise InputError(Fault("a corridor needs at least one leg", path=f"corridors.{self.id}"))
        if self.status not in ("open", "closed"):
            raise InputError(Fault(f"status is open or closed, not {self.status!r}", path=f"corridors.{self.id}"))
        names = [leg.id for leg in self.legs]
        if len(set(names)) < len(names):
            raise InputError(Fault("a leg may occur only once", path=f"corridors.{self.id}"))

    def leg(self, name: str) -> Leg:
        """The leg of that name. Raises InputError when there is none."""
        return self.legs[self.position(name)]

    def position(self, name: str) -> int:
        """Where the leg stands, 0 the first. Raises InputError when there is none."""
        for position, leg in enumerate(self.legs):
            if leg.id == name:
                return position
        known = ", ".join(leg.id for leg in self.legs)
        raise InputError(Fault(f"no leg {name!r}; it has {known}", path=f"corridors.{self.id}"))


@dataclass(frozen=True)
class Stream:
    """Cargo of one kind: `monthly_t` tonnes month by month (repeated when shorter than the run), in lots of `lot_t`.

    It enters at leg `enters`, passes by the legs it `skips`, and is delivered when it has passed leg `leaves` (empty:
    the corridor's first and last).
    `product` is empty for freight of other kinds, which fills the corridor but which nobody here follows.
    """

    id: str
    monthly_t: tuple[float, ...]
    lot_t: float
    product: str = ""
    enters: str = ""
    leaves: str = ""
    skips: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.lot_t <= 0 or not self.monthly_t or min(self.monthly_t) < 0:
            raise InputError(Fault("a stream needs lots above 0 t and tonnes of 0 or more", path=f"streams.{self.id}"))

    def tonnes(self, month: int) -> float:
        """What arrives in that month, counted from the start of the run (may be negative: before it)."""
        return self.monthly_t[month % len(self.monthly_t)]

    def route(self, corridor: Corridor) -> tuple[int, ...]:
        """The positions of the legs it passes. Raises InputError for a leg that is not there, or for none at all."""
        first = corridor.position(self.enters) if self.enters else 0
        last = corridor.position(self.leaves) if self.leaves else len(corridor.legs) - 1
        skipped = {corridor.position(name) for name in self.skips}
        route = tuple(position for position in range(first, last + 1) if position not in skipped)
        if not route:
            raise InputError(Fault(f"passes no leg of {corridor.id}", path=f"streams.{self.id}"))
        return route


@dataclass(frozen=True)
class Closure:
    """From `start_day` to `end_day` (days since the start of the run) the gate works at 1 - `severity` of its speed.

    Severity 1 lets nothing in; what has passed the gate travels on. A leg without capacity heeds severity 1 alone.
    """

    start_day: float
    end_day: float
    severity: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.severity <= 1 or self.end_day < self.start_day:
            raise InputError("a closure needs a severity from 0 to 1 and an end after its start")


@dataclass(frozen=True)
class Plan:
    """How to simulate: `months` that count, after `warm_up` months of the same arrivals.

    Month 0 is calendar month `starts` (0 January); `closures` are by leg, in days since the start of month 0.
    """

    months: int = 12
    replications: int = 20
    seed: int = 0
    warm_up: int = 6
    starts: int = 0
    closures: Mapping[str, tuple[Closure, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.months < 1 or self.replications < 1 or self.warm_up < 0 or self.seed < 0:
            raise InputError("months and replications must be 1 or more, warm-up and seed 0 or more")
