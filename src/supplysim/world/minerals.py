"""Reads the folder of one mineral into records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from supplysim.world.records import (
    CONFIDENCES,
    KINDS,
    LEAST_GROWTH,
    LONGEST_COVER,
    MOST_ELASTICITY,
    MOST_GROWTH,
    MOST_SIGMA,
    PARAMETERS,
    Cover,
    Growth,
    Host,
    Ingredient,
    Kind,
    Prior,
    Product,
    Production,
    Qualified,
    Range,
    Reason,
    Trade,
    Use,
)
from supplysim.world.tables import WORD, Reader, Row

PRODUCTS = (
    "product", "name", "input", "yield", "yield_source", "unit", "price_usd_t", "price_confidence", "price_source",
    "note",
)  # fmt: skip
GRADE = ("grade",)
RECIPES = ("product", "input", "per_unit", "confidence", "source", "note")
HOSTS = ("product", "region", "host", "confidence", "source", "note")
PRODUCTION = ("product", "region", "kind", "output_t", "capacity_t", "confidence", "source", "note")
USE = ("product", "region", "use_t", "confidence", "source", "note")
USER = ("user",)
QUALIFIED = ("product", "user", "supplier", "confidence", "source", "note")
TRADE = ("product", "from", "to", "flow_t", "confidence", "known", "source", "note")
ELASTICITIES = ("product", "parameter", "p10", "median", "p90", "confidence", "source", "note")
STOCKS = ("product", "region", "holder", "months", "confidence", "source", "note")
GROWTH = ("product", "region", "pct_per_year", "confidence", "source", "note")
RANGES = ("product", "region", "quantity", "chosen", "low", "high", "source", "note")
ADJUSTMENTS = ("product", "side", "region", "reason")

T = TypeVar("T")
Spread = TypeVar("Spread", Prior, Cover, Growth, Reason)


@dataclass(frozen=True)
class Able:
    """Whether a product may feed a user if it comes from a region: a use that is `listed` takes from those alone."""

    listed: Mapping[tuple[str, str], frozenset[str]]

    def __call__(self, product: str, user: str, region: str) -> bool:
        """Whether a region's product may feed a user."""
        return region in self.listed.get((product, user), (region,))


def qualifies(rows: Iterable[Qualified]) -> Able:
    """The rule that rows of qualification.csv make."""
    listed: dict[tuple[str, str], frozenset[str]] = {}
    for row in rows:
        key = row.product, row.user
        listed[key] = listed.get(key, frozenset()) | {row.supplier}
    return Able(listed)


ANYBODY: Able = qualifies(())
"""The rule where no use has suppliers of its own."""


@dataclass(frozen=True)
class Outline:
    """The part of a mineral that names and defaults need: `products` run from upstream to downstream."""

    products: tuple[Product, ...]
    production: tuple[Production, ...]
    priors: tuple[Prior, ...]
    covers: tuple[Cover, ...]
    growth: tuple[Growth, ...]
    hosts: tuple[Host, ...]
    use: tuple[Use, ...]


@dataclass(frozen=True)
class Flows:
    """The part of a mineral that only the balancing and the audit need."""

    use: tuple[Use, ...]
    trade: tuple[Trade, ...]
    ranges: tuple[Range, ...]
    reasons: tuple[Reason, ...]
    qualified: tuple[Qualified, ...] = ()


@dataclass(frozen=True)
class Ends:
    """Where trade may start (product, region) and end, the users by (product, region), and who may feed whom."""

    makers: set[tuple[str, str]]
    takers: Mapping[tuple[str, str], set[str]]
    able: Able


class MineralReader:
    """Reads one mineral's folder; names are checked against the regions and the mineral's own products."""

    def __init__(self, reader: Reader, folder: Path, regions: Collection[str]) -> None:
        self.reader, self.folder, self.regions = reader, folder, tuple(regions)
        self.somewhere = (*self.regions, "*")
        self.products = self._products()
        self.ids = tuple(product.id for product in self.products)

    def outline(self) -> Outline:
        """Products, what is made and used where, priors, stocks and growth."""
        production = self._table("production", PRODUCTION, self._production, ("product", "region", "kind"))
        priors = self._spread(self._table("elasticities", ELASTICITIES, self._prior, ("product", "parameter")))
        self._has_priors(priors)
        covers = self._spread(
            self._table("stocks", STOCKS, self._cover, ("product", "region", "holder"), required=False)
        )
        growth = self._spread(self._table("growth", GROWTH, self._growth, ("product", "region"), required=False))
        hosts = self._table("hosts", HOSTS, self._host, ("product", "region", "host"), required=False)
        return Outline(self.products, production, priors, covers, growth, hosts, self._uses())

    def flows(self, production: Sequence[Production], products: Iterable[Product], *, sound: bool = True) -> Flows:
        """Use, trade, ranges and adjustments; trade has to start where the product is made and end where it is used.

        `production` and `products` are those of all minerals: their plants may be users of this one's products. If
        those are not `sound`, only cells are checked: a fault elsewhere would be told at each row that hangs on it.
        """
        use = self._uses()
        if not sound:
            qualified = self._table("qualification", QUALIFIED, self._qualified_row, QUALIFIED[:3], required=False)
            return self._flows(use, qualified, lambda row: self._trade(row, None))
        makers = {(row.product, row.region) for row in production if row.output > 0}
        qualified = self._qualified(use, makers)
        recipes = {product.id: product.recipe for product in products}
        takers: dict[tuple[str, str], set[str]] = {}
        for row in use:
            if row.use > 0:
                takers.setdefault((row.product, row.region), set()).add(row.user)
        for plant in production:
            for each in recipes[plant.product] if plant.kind == "plant" and plant.output > 0 else ():
                takers.setdefault((each.product, plant.region), set()).add(plant.product)
        able = qualifies(qualified)
        made = {product for product, _ in makers}
        self._has_both_sides(made, {p for p, _ in takers} | {each.product for p in made for each in recipes[p]})
        return self._flows(use, qualified, lambda row: self._trade(row, Ends(makers, takers, able)))

    def _flows(self, use: tuple[Use, ...], qualified: tuple[Qualified, ...], trade_of: Callable[[Row], Trade]) -> Flows:
        trade = self._table("trade", TRADE, trade_of, ("product", "from", "to", "source"), required=False)
        ranges = self._table("ranges", RANGES, self._range, ("product", "region", "quantity", "source"), required=False)
        moved = self._table("adjustments", ADJUSTMENTS, self._reason, ("product", "side", "region"), required=False)
        reasons = self._spread(moved)
        return Flows(use, trade, ranges, reasons, qualified)

    def _uses(self) -> tuple[Use, ...]:
        return self._table("use", USE, self._use, ("product", "region", *USER), maybe=USER)

    def _qualified(self, use: Sequence[Use], makers: set[tuple[str, str]]) -> tuple[Qualified, ...]:
        """Who may feed which use; every use of its own has to have somebody who may."""
        users = {row.user for row in use}

        def known(row: Row) -> Qualified:
            row.choice("user", users)
            return self._qualified_row(row)

        rows = self._table("qualification", QUALIFIED, known, QUALIFIED[:3], required=False)
        able = qualifies(rows)
        for each in use:
            if each.use > 0 and not any(p == each.product and able(p, each.user, region) for p, region in makers):
                self.reader.add(f"nobody qualifies for {each.user} of {each.product} in {each.region}", each.fact.spot)
        return rows

    def _qualified_row(self, row: Row) -> Qualified:
        return Qualified(
            row.choice("product", self.ids), row.text("user"), row.choice("supplier", self.regions), row.fact()
        )

    def _table(
        self,
        name: str,
        columns: Sequence[str],
        record: Callable[[Row], T],
        key: Sequence[str],
        *,
        required: bool = True,
        maybe: Sequence[str] = (),
    ) -> tuple[T, ...]:
        rows = self.reader.rows(self.folder / f"{name}.csv", columns, required=required, maybe=maybe, key=key)
        return tuple(record(row) for row in rows)

    def _spread(self, rows: tuple[Spread, ...]) -> tuple[Spread, ...]:
        """Rows for all products (`*`) written out for each, before those for one product, which so come to count."""
        spread: list[Spread] = []
        for row in sorted(rows, key=lambda row: row.product != "*"):
            spread += [replace(row, product=product) for product in self.ids] if row.product == "*" else [row]
        return tuple(spread)

    def _products(self) -> tuple[Product, ...]:
        rows = self.reader.rows(self.folder / "products.csv", PRODUCTS, maybe=GRADE)
        processed = {row.values["input"] for row in rows}
        earlier: list[str] = []
        found = []
        for row in rows:
            found.append(self._product(row, earlier, final=row.values["product"] not in processed))
            earlier.append(found[-1].id)
        more = self._recipes({product.id: product.input for product in found})
        return tuple(replace(product, more=more.get(product.id, ())) for product in found)

    def _recipes(self, inputs: Mapping[str, str]) -> dict[str, tuple[Ingredient, ...]]:
        """What plants take beside the input in products.csv; whether anybody makes it is for the catalog to say."""
        more: dict[str, tuple[Ingredient, ...]] = {}
        for row in self.reader.rows(self.folder / "recipes.csv", RECIPES, required=False):
            row.fact()
            product, source = row.choice("product", tuple(inputs)), row.text("input")
            if not inputs.get(product, "first"):
                row.fault("product", f"{product} is mined: what its plants take first stands in products.csv")
            if source in (inputs.get(product), *(each.product for each in more.get(product, ()))):
                row.fault("input", f"{source} is an input of {product} already")
            per_unit = row.number("per_unit", above=True)
            each = Ingredient(source, 1.0 / per_unit if per_unit > 0 else 1.0, row.place)
            more[product] = (*more.get(product, ()), each)
        return more

    def _host(self, row: Row) -> Host:
        return Host(row.choice("product", self.ids), row.choice("region", self.regions), row.text("host"), row.fact())

    def _product(self, row: Row, earlier: Sequence[str], *, final: bool) -> Product:
        identity = row.text("product")
        mineral, _, stage = identity.partition(".")
        if mineral != self.folder.name or identity in earlier or not (WORD.match(mineral) and WORD.match(stage)):
            row.fault("product", f"{identity!r} must read {self.folder.name}.<stage>, each stage once")
        upstream = row.choice("input", ("", *earlier))
        yield_ = row.number("yield", above=True) if upstream else 1.0
        if upstream:
            row.text("yield_source")
        return Product(
            identity, mineral, stage, row.text("name"), upstream, yield_, row.text("unit"),
            row.number("price_usd_t", above=True), row.choice("price_confidence", CONFIDENCES),
            row.text("price_source"), row.text("note", required=False), final, row.place,
            grade=row.values.get("grade", ""),
        )  # fmt: skip

    def _production(self, row: Row) -> Production:
        product, kind = row.choice("product", self.ids), cast(Kind, row.choice("kind", KINDS))
        upstream = next((p.input for p in self.products if p.id == product), "")
        if kind == "plant" and not upstream:
            row.fault("kind", f"a plant needs something to process, and {product} has no input in products.csv")
        return Production(
            product, row.choice("region", self.regions), kind, row.number("output_t"),
            row.optional_number("capacity_t"), row.fact("output_t"),
        )  # fmt: skip

    def _use(self, row: Row) -> Use:
        user = row.values.get("user") or "use"
        if not WORD.match(user):
            row.fault("user", f"{user[:60]!r} must be a plain word of letters, digits, _ and -")
        return Use(
            row.choice("product", self.ids),
            row.choice("region", self.regions),
            row.number("use_t"),
            row.fact("use_t"),
            user,
        )

    def _trade(self, row: Row, ends: Ends | None) -> Trade:
        product = row.choice("product", self.ids)
        origin, destination = row.choice("from", self.regions), row.choice("to", self.regions)
        if origin == destination:
            row.fault("to", "domestic sales are made by the balancing and are not listed")
        elif ends and (product, origin) not in ends.makers:
            row.fault("from", f"{origin} makes no {product}")
        elif ends:
            users = ends.takers.get((product, destination), set())
            if not users:
                row.fault("to", f"{destination} neither uses nor processes {product}")
            elif not any(ends.able(product, user, origin) for user in users):
                row.fault("from", f"{origin} does not qualify for what {destination} uses {product} for")
        known = row.choice("known", ("0", "1")) == "1"
        return Trade(product, origin, destination, row.number("flow_t"), known, row.fact("flow_t"))

    def _has_both_sides(self, made: Collection[str], used: Collection[str]) -> None:
        """A product without a seller or a buyer has no market."""
        for product in self.products:
            if product.id not in made:
                self.reader.add(f"nobody makes {product.id}", product.place)
            elif product.id not in used:
                self.reader.add(f"nobody uses {product.id}, or makes anything of it", product.place)

    def _prior(self, row: Row) -> Prior:
        parameter = row.choice("parameter", PARAMETERS)
        most = MOST_SIGMA if parameter == "sigma" else MOST_ELASTICITY
        p10, median, p90 = (row.number(name, above=True, high=most) for name in ("p10", "median", "p90"))
        prior = Prior(row.choice("product", (*self.ids, "*")), parameter, p10, median, p90, row.fact())
        if not prior.p10 <= prior.median <= prior.p90:
            row.fault("median", f"{prior.median:g} must lie between p10 and p90")
        return prior

    def _has_priors(self, priors: Sequence[Prior]) -> None:
        for product in self.ids:
            for parameter in ("sigma", "supply", "demand"):
                if not any(p.parameter == parameter and p.product == product for p in priors):
                    place = str(self.folder / "elasticities.csv")
                    self.reader.add(f"no {parameter} for {product}", place)

    def _cover(self, row: Row) -> Cover:
        return Cover(
            row.choice("product", (*self.ids, "*")), row.choice("region", self.somewhere),
            row.choice("holder", ("industry", "strategic")), row.number("months", high=LONGEST_COVER), row.fact(),
        )  # fmt: skip

    def _growth(self, row: Row) -> Growth:
        return Growth(
            row.choice("product", (*self.ids, "*")), row.choice("region", self.somewhere),
            row.number("pct_per_year", low=100.0 * LEAST_GROWTH, high=100.0 * MOST_GROWTH), row.fact(),
        )  # fmt: skip

    def _range(self, row: Row) -> Range:
        found = Range(
            row.choice("product", self.ids), row.text("region"), row.choice("quantity", ("output", "use", "flow")),
            row.number("chosen"), row.number("low"), row.number("high"), row.text("source"),
            row.text("note", required=False),
        )  # fmt: skip
        for part in found.region.split(">"):
            if part not in self.somewhere:
                row.fault("region", f"{part!r} is not a region")
        if not found.low <= found.chosen <= found.high:
            row.fault("chosen", f"{found.chosen:g} must lie between low and high")
        return found

    def _reason(self, row: Row) -> Reason:
        return Reason(
            row.choice("product", (*self.ids, "*")), row.choice("side", ("supply", "demand")),
            row.choice("region", self.somewhere), row.text("reason"),
        )  # fmt: skip
