"""What regions, products, variants, inputs and events are called in running text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from supplysim.results.folder import month_name
from supplysim.results.metrics import UNITS
from supplysim.results.summary import BOTH_BANDS
from supplysim.scenario import Scenario
from supplysim.world import Catalog

WITH_ARTICLE = ("United ", "European ", "Rest ")
VARIANTS = {"baseline": "Baseline", "without_contracts": "Without contracts", "scenario": "Scenario"}
SHORT = {"baseline": "Baseline", "without_contracts": "No contracts", "scenario": "Scenario"}
"""Variants as a line is labelled."""
METRICS = {
    "short_t": "Shortage over the horizon",
    "short_share": "Share of need short",
    "short_usd": "Shortage at base prices",
    "rationed_t": "Of it rationed",
    "adapted_t": "Adapted demand",
    "displaced_t": "Displaced input",
    "worst_month_short_share": "Short in the worst month",
    "worst_month": "Worst month",
    "worst_year_short_share": "Short in the worst twelve months",
    "peak_price_multiple": "Peak price",
    "mean_price_multiple": "Mean price",
    "months_above_2x": "Months above twice the base price",
    "bought_abroad_share": "Bought abroad",
    "net_import_reliance": "Net import reliance",
    "rival_share": "Bought from rivals",
    "embodied_rival_share": "Passed a rival's mine or plant",
    "embodied_hhi": "Concentration of the mines behind it",
    "top_supplier_share": "Largest supplier's share",
    "effective_suppliers": "Effective number of suppliers",
    "min_months_of_cover": "Lowest stocks",
    "supply_cost_usd": "Cost of supply at spot, over the horizon",
    "time_to_survive_months": "Served in full for",
    "time_to_recover_months": "Then short for",
    "durability": "Durability",
}
PRIORS = {
    "trade.sigma": "ease of switching suppliers, {}",
    "supply.elasticity": "producers' response to price, {}",
    "demand.elasticity": "users' response to price, {}",
    "stocks.cover_factor": "months of stocks held, {}",
}
MODEL = {"model.stocks.news_cover": "what buyers stock up at news of a loss"}
"""Settings of the model that are drawn unless a scenario fixes them."""
FIELDS = {
    "realised.happens": "whether {} comes true",
    "probability.happens": "whether {} happens",
    "realised": "how likely {} is",
    "starts": "start of {}",
    "lasts": "length of {}",
    "severity": "severity of {}",
    "held_back": "what is held back in {}",
    "delay": "delay of {}",
    "volume": "volume of {}",
    "new_capacity": "new capacity of {}",
}
EVENTS = {
    "outage": "an outage of {product} in {region}",
    "export_ban": "a ban by {from_} on exports of {product} to {to}",
    "import_ban": "a ban by {to} on imports of {product} from {from_}",
    "export_quota": "a quota by {from_} on exports of {product} to {to}",
    "tariff": "a tariff of {to} on {product} from {from_}",
    "freight": "dearer freight of {product} from {from_} to {to}",
    "licensing_delay": "licensing delays by {from_} on {product} to {to}",
    "corridor_closure": "closure of the corridor {corridor}",
    "corridor_capacity": "a limit on the corridor {corridor}",
    "demand_surge": "a surge in demand for {product} in {region}",
    "thrifting": "thrifting of {product} in {region}",
    "substitution": "substitution of {product} in {region}",
    "recycling": "recycling of {product} in {region}",
    "stockpile_release": "a release of stockpiled {product} in {region}",
    "price_cap": "a price cap on {product} in {region}",
    "offer": "an offer by {to} for {product} from {from_}",
    "purchase": "purchases of {product} in {region} that are kept out of the market",
    "diversification": "a limit on what {to} may buy of {product} from {from_}",
}


FALLS = {**EVENTS, "demand_surge": "a fall in demand for {product} in {region}"}
"""What events are called whose change is a fall."""


class Names:
    """Names from the world's tables, as running text needs them; a scenario's events and projects by their titles."""

    def __init__(self, catalog: Catalog, scenario: Scenario | None = None) -> None:
        self._catalog = catalog
        entities = {**scenario.events, **scenario.contracts, **scenario.projects} if scenario else {}
        self._titles = {name: each.title for name, each in entities.items() if each.title}

    def region(self, region: str) -> str:
        """A region's name as a label."""
        known = self._catalog.regions.get(region)
        return known.name if known else region

    def place(self, region: str) -> str:
        """A region's name inside a sentence."""
        name = self.region(region)
        return (
            f"the {name[0].lower() if name.startswith('Rest') else name[0]}{name[1:]}"
            if name.startswith(WITH_ARTICLE)
            else name
        )

    def places(self, regions: Sequence[str]) -> str:
        """Several regions inside a sentence; a long list is cut short."""
        if len(regions) > 5:
            return "all regions" if len(regions) >= len(self._catalog.regions) else f"{len(regions)} regions"
        return listed([self.place(region) for region in regions])

    def product(self, product: str) -> str:
        """A product's short name as a label."""
        known = self._catalog.products.get(product)
        return re.split(r"[:(,]| in t| and other", known.name)[0].strip() if known else product

    def goods(self, product: str) -> str:
        """A product's short name inside a sentence."""
        name = self.product(product)
        return name if name[1:2].isupper() or name[:3] == "NdF" else name[0].lower() + name[1:]

    def unit(self, product: str) -> str:
        """What a tonne of the product is a tonne of, such as t REO."""
        known = self._catalog.products.get(product)
        return known.unit.partition(",")[0] if known else "t"

    def event(self, event: Any) -> str:
        """An event by its title, or by what it does."""
        if event.title:
            return str(event.title)
        facts = {
            "product": self._several(getattr(event, "product", ())),
            **{side: self.places(getattr(event, side, ())) for side in ("from_", "to", "region")},
            "corridor": getattr(event, "corridor", ""),
        }
        falls = isinstance(change := getattr(event, "change", None), float) and change < 0
        return (FALLS if falls else EVENTS)[event.kind].format(**facts)

    def _several(self, products: Sequence[str]) -> str:
        return listed([self.goods(p) for p in products]) if len(products) <= 3 else f"{len(products)} products"

    def input(self, path: str) -> str:
        """What a sampled input stands for."""
        head, _, rest = path.partition(".")
        if head == "minerals":
            mineral, stage, field = rest.split(".", 2)
            words = PRIORS.get(field, field.replace(".", " ") + ", {}")
            return words.format(self.goods(f"{mineral}.{stage}"))
        entity, _, field = rest.partition(".")
        called = f"“{self._titles[entity]}”" if entity in self._titles else entity
        if head == "model":
            return MODEL.get(path, path)
        return FIELDS.get(field, f"{field.replace('_', ' ').replace('.', ' ')} of {{}}").format(called)


def metric_name(metric: str, which: str = "") -> str:
    """What a metric is called; of a price with the band that its numbers are of."""
    return ", ".join(part for part in (METRICS.get(metric, metric.replace("_", " ")), which) if part)


def own_name(metric: str) -> str:
    """What a metric of the model's own draws is called: a price is of the inner band, without its market's noise."""
    return metric_name(metric) + (f" ({BOTH_BANDS[1]})" if UNITS.get(metric) == "x base price" else "")


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "nobody"


def many(count: int, word: str) -> str:
    """`1 draw`, `12 draws`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def telling(labels: Sequence[str]) -> list[str]:
    """Labels without the words that all of them begin with, where something is left of each."""
    words = [label.split() for label in labels]
    common = 0
    while all(len(each) > common + 1 for each in words) and len({each[common] for each in words}) == 1:
        common += 1
    return [" ".join(["…", *each[common:]]) if common > 1 else " ".join(each) for each in words]


def shortened(text: str, most: int) -> str:
    """A text of at most so many letters, with an ellipsis where it was cut."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def when(month: float) -> str:
    """A month since 0000-01 as YYYY-MM."""
    return month_name(round(month))


MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip


def dated(month: float) -> str:
    """A month since 0000-01 as running text has it: `June 2027`."""
    year, number = divmod(round(month), 12)
    return f"{MONTHS[number]} {year}"


def year_from(month: str) -> str:
    """A year of a run by its first month, YYYY-MM: the calendar year where that is the same, else `from YYYY-MM`."""
    return month[:4] if month.endswith("-01") else f"from {month}"


def in_year(year: str) -> str:
    """A year of a run inside a sentence, after `in`: `2028`, or `the year from May 2026`."""
    start = year.removeprefix("from ")
    return year if start == year else f"the year from {dated(12 * int(start[:4]) + int(start[5:7]) - 1)}"


def over(months: Sequence[str]) -> str:
    """From the first to the last month of a run, as a head has it."""
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"


def sentence(text: str) -> str:
    """With a capital letter at the start."""
    return text[:1].upper() + text[1:]
