"""The sliders of a scenario: what a strategist may move, from where to where, and what it stands at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from supplysim.report.names import Names, sentence
from supplysim.results.folder import month_name
from supplysim.scenario import Scenario
from supplysim.scenario.schema.events import Purchase, StockpileRelease
from supplysim.web.parts import minerals_of
from supplysim.world import Catalog

MOST_MONTHS_OF_STOCK = 24
LONGEST_EVENT = 60
MOST_CONTROLS = 400
SCALES = {"percent": 100.0}
"""What a value in base units is multiplied by for the slider; 1 unless named."""


@dataclass(frozen=True)
class Control:
    """One slider. `unit` says how a setting writes its number: percent, months, date, rate, mass, factor, number.

    `value`, `low` and `high` are in that unit (dates in months since 0000-01). `drawn` tells the range that nature
    draws from, "" where the value is fixed; a moved slider fixes it.
    """

    path: str
    label: str
    unit: str
    low: float
    high: float
    step: float
    value: float
    drawn: str = ""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Group:
    """Sliders under one heading; `minerals` they bear on (none: all), `note` the scenario's own words.

    `path` is that of the event or contract, which may be left out, and `says` who does what to whom; "" for others.
    """

    title: str
    kind: str
    minerals: tuple[str, ...]
    note: str
    controls: tuple[Control, ...]
    path: str = ""
    says: str = ""

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "controls": [control.as_dict() for control in self.controls]}


MEASURES: Mapping[str, tuple[str, str, float, float]] = {
    "rate": ("Rate", "percent", 0.0, 100.0),
    "cut": ("Cut in exports", "percent", 0.0, 100.0),
    "held_back": ("Held back", "percent", 0.0, 100.0),
    "change": ("Change in demand", "percent", 0.0, 100.0),
    "max_share": ("Largest share allowed", "percent", 0.0, 100.0),
    "delay": ("Delay", "months", 0.0, 24.0),
    "limit": ("Limit", "rate", 0.0, math.nan),
    "volume": ("Volume", "rate", 0.0, math.nan),
    "multiple": ("Highest price, times the base price", "number", 1.0, 20.0),
}
"""The measure of an event beside its severity: label, unit, and range (nan: twice the scenario's own value)."""


def groups(scenario: Scenario, catalog: Catalog) -> tuple[Group, ...]:
    """All sliders of a scenario: its events, then contracts, then stocks, then what nobody knows."""
    names = Names(catalog)
    found = [*_events(scenario, names), *_contracts(scenario, names), *_stocks(scenario, catalog, names),
             *_beliefs(scenario, catalog, names)]  # fmt: skip
    kept, count = [], 0
    for group in found:
        count += len(group.controls)
        if group.controls and count <= MOST_CONTROLS:
            kept.append(group)
    return tuple(kept)


def _events(scenario: Scenario, names: Names) -> Iterator[Group]:
    end = float(scenario.start + scenario.months)
    for name, event in scenario.events.items():
        path = f"events.{name}"
        graded = [event] if hasattr(event, "severity") else []
        longest = min(float(LONGEST_EVENT), float(scenario.months))
        controls = [
            *(_control(scenario, f"{path}.severity", "Severity", "percent", 0.0, 100.0) for _ in graded),
            _control(scenario, f"{path}.starts", "Starts", "date", float(scenario.start), end - 1.0),
            _control(scenario, f"{path}.lasts", "Lasts", "months", 1.0, longest, default=longest),
        ]
        for field, (label, unit, low, high) in MEASURES.items():
            if scenario.values.get(f"{path}.{field}") is not None:
                shown = "mass" if isinstance(event, StockpileRelease | Purchase) and field == "volume" else unit
                controls.append(_control(scenario, f"{path}.{field}", label, shown, low, high))
        does = sentence(names.event(event.model_copy(update={"title": ""})))
        title = sentence(event.title) or does
        minerals = tuple(dict.fromkeys(p.partition(".")[0] for p in getattr(event, "product", ())))
        yield Group(title, "event", minerals, getattr(event, "note", ""), tuple(controls), path,
                    does if does != title else "")  # fmt: skip


def _contracts(scenario: Scenario, names: Names) -> Iterator[Group]:
    for name, contract in scenario.contracts.items():
        if contract.kind == "no_flow":
            continue
        path = f"contracts.{name}"
        controls = [_control(scenario, f"{path}.realised", "Chance that it comes true", "percent", 0.0, 100.0)]
        if scenario.values.get(f"{path}.volume"):
            controls.insert(0, _control(scenario, f"{path}.volume", "Volume", "rate", 0.0, math.nan))
        does = f"{names.product(contract.product)} from {names.place(contract.from_)} to {names.place(contract.to)}"
        yield Group(contract.title or does, "contract", (contract.product.partition(".")[0],), contract.note,
                    tuple(controls), path, does if contract.title else "")  # fmt: skip


def _stocks(scenario: Scenario, catalog: Catalog, names: Names) -> Iterator[Group]:
    for mineral in minerals_of(scenario, catalog.minerals):
        controls = tuple(
            _control(scenario, f"stockpiles.{region}.{mineral}.target", names.region(region), "months", 0.0,
                     float(MOST_MONTHS_OF_STOCK), default=0.0)
            for region in scenario.consumers
        )  # fmt: skip
        title = f"Government stocks of {mineral.replace('_', ' ')}"
        yield Group(title, "stock", (mineral,), "Months of use, filled when the run begins.", controls)


def _beliefs(scenario: Scenario, catalog: Catalog, names: Names) -> Iterator[Group]:
    controls = tuple(
        Control(f"minerals.{mineral}.*.trade.sigma", mineral.replace("_", " ").capitalize(), "factor", 0.25, 4.0, 0.05,
                1.0, _sigma(scenario, catalog, mineral, names))
        for mineral in minerals_of(scenario, catalog.minerals)
    )  # fmt: skip
    yield Group(
        "Ease of switching suppliers", "belief", (),
        "Nobody knows it well: a factor on the model's substitution elasticity (sigma), which keeps its spread.",
        controls,
    )  # fmt: skip


def _sigma(scenario: Scenario, catalog: Catalog, mineral: str, names: Names) -> str:
    parts = []
    for product in catalog.chain(mineral):
        drawn = scenario.uncertain.get(f"minerals.{product.id}.trade.sigma")
        if drawn is not None:
            low, high = drawn.ppf(np.array([0.1, 0.9])).tolist()
            parts.append(f"{names.goods(product.id)} {low:.1f} to {high:.1f}")
    return "; ".join(parts)


def _control(
    scenario: Scenario, path: str, label: str, unit: str, low: float, high: float, default: float = math.nan
) -> Control:
    scale = SCALES.get(unit, 1.0)
    written = scenario.values.get(path)
    value = float(written) * scale if written is not None else default
    top = max(2.0 * value, 1.0) if math.isnan(high) else max(high, math.ceil(value))
    step = _step(top) if unit in ("rate", "mass") else 0.1 if unit == "number" else 1.0
    bottom = min(low, math.floor(value))
    return Control(path, label, unit, bottom, _ceil(top, step), step, round(value, 6), _drawn(scenario, path, unit))


def _step(top: float) -> float:
    """A hundredth of the range or so, as 1, 2 or 5 times a power of ten."""
    rough = top / 100.0
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(power * k for k in (1, 2, 5, 10) if power * k >= rough * (1 - 1e-9)))


def _ceil(top: float, step: float) -> float:
    return round(math.ceil(top / step - 1e-9) * step, 9)


def _drawn(scenario: Scenario, path: str, unit: str) -> str:
    found = scenario.uncertain.get(path)
    if found is None:
        return ""
    scale = SCALES.get(unit, 1.0)
    low, high = (scale * found.ppf(np.array([0.05, 0.95]))).tolist()
    if unit == "date":
        return f"{month_name(int(low))} to {month_name(int(high))}"
    ending = {"percent": " %", "months": " months", "rate": " t/yr", "mass": " t"}.get(unit, "")
    return f"{low:.3g} to {high:.3g}{ending}"
