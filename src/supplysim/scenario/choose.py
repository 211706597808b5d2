"""What one could sign, build or store: the `choose:` section, read and checked.

Each option is a list of levels, the first of which is nothing; each level sets values as a cell of a sweep does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from supplysim.scenario.axes import Choice, axis_of, text_of
from supplysim.scenario.names import suggestion
from supplysim.scenario.nodes import Branch, Entry, Node, Path, Scalar, Sequence, plain
from supplysim.scenario.paths import PathError, Universe, dotted
from supplysim.scenario.places import Report
from supplysim.scenario.units import DIMENSIONS, UnitError, read_quantity

MEASURES = ("worst 5 %", "mean", "p95", "regret")
LOSSES = ("short_usd",)
FIELDS = ("for", "budget", "discount", "protect", "options", "rules")
OPTION_FIELDS = ("title", "set", "cost", "source", "note")
DISCOUNT = 0.05
"""A year, unless the scenario says otherwise: an assumption."""
MOST_MONEY = 1e15
"""USD: ten times what the world makes in a year."""
RUN = ("consumers", "draws", "horizon", "rivals", "sampler", "scope", "seed")
"""Sections that say how a scenario is run and what is told of it."""
NEEDS = re.compile(r"(\S+) needs (\S+)\Z")
EXCLUDES = re.compile(r"(\S+) excludes (\S+)\Z")
COUNT = re.compile(r"at (most|least) (\d+) of \[([^\]]*)\]\Z")
RULES = "'a needs b', 'a excludes b', 'at most 2 of [a, b, c]' or 'at least 1 of [a, b]'"


@dataclass(frozen=True)
class Bound:
    """A rule: the options of `coefficients` that are taken, each times its number, sum to at most `most`."""

    coefficients: Mapping[str, float]
    most: float
    text: str


@dataclass(frozen=True)
class Alternative:
    """One option: `levels`, nothing first, and what each costs, USD once or (`yearly`) USD a year; None where its cost
    is what the simulation says."""

    id: str
    title: str
    levels: tuple[Choice, ...]
    costs: tuple[float, ...] | None
    yearly: bool
    source: str
    note: str

    def label(self, level: int) -> str:
        """What a level sets, as it was written."""
        return self.levels[level].label.partition("=")[2]


@dataclass(frozen=True)
class Choose:
    """The question: for whom (`()`: the scenario's consumers), with which budgets (USD, net present), at what discount
    a year, which measure of the loss is kept small, over which options under which rules."""

    consumers: tuple[str, ...]
    budgets: tuple[float, ...]
    discount: float
    measure: str
    options: tuple[Alternative, ...]
    rules: tuple[Bound, ...]
    written: Mapping[str, object]


def read_choose(tree: Branch, universe: Universe, report: Report) -> Choose | None:
    """The `choose:` section of a composed tree; None where there is none, or where its faults are in the report."""
    entry = tree.entries.get("choose")
    if entry is None:
        return None
    if not isinstance(entry.node, Branch):
        report.add(f"must be a map of {', '.join(FIELDS)}", entry.node.place, "choose")
        return None
    return _Reader(entry.node, universe, report).choose()


class _Reader:
    """Reads one section; whatever is wrong goes to the report with its place."""

    def __init__(self, branch: Branch, universe: Universe, report: Report) -> None:
        self.branch, self.universe, self.report = branch, universe, report
        self.known = self._known(branch, FIELDS, "choose")

    def choose(self) -> Choose | None:
        before = len(self.report)
        options = tuple(self._options())
        ids = tuple(option.id for option in options)
        rules = tuple(rule for node in self._items("rules") if (rule := self._rule(node, ids)))
        budgets = tuple(self._money(node, "choose.budget") for node in self._items("budget"))
        if not self._items("budget"):
            self.report.add("needs 'budget': one sum of money, or a list of them", self.branch.place, "choose")
        self._check_paths(options)
        self._check_twice(budgets)
        self._check_budgets(budgets, options)
        made = Choose(
            tuple(self._regions()), tuple(sorted(budgets)), self._discount(), self._measure(), options, rules,
            _plain(self.branch),
        )  # fmt: skip
        return made if len(self.report) == before else None

    def _known(self, branch: Branch, fields: tuple[str, ...], path: str) -> dict[str, Entry]:
        for name, entry in branch.entries.items():
            if name not in fields:
                self.report.add(f"no such field '{name[:60]}'{suggestion(name, fields)}", entry.place, f"{path}.{name}")
        return {name: entry for name, entry in branch.entries.items() if name in fields}

    def _items(self, name: str) -> tuple[Node, ...]:
        entry = self.known.get(name)
        if entry is None:
            return ()
        return entry.node.items if isinstance(entry.node, Sequence) else (entry.node,)

    def _regions(self) -> Iterator[str]:
        regions = self.universe.vocabulary.regions
        for node in self._items("for"):
            text = text_of(node)
            if text not in regions:
                message = f"no such region '{text[:60]}'{suggestion(text, regions, regions)}"
                self.report.add(message, node.place, "choose.for")
            yield text

    def _money(self, node: Node, path: str) -> float:
        try:
            value = read_quantity(plain(node), DIMENSIONS["money"])
        except UnitError as error:
            self.report.add(str(error), node.place, path)
            return 0.0
        problem = why_no_budget(value) if path == "choose.budget" else _too_much(value)
        if problem:
            self.report.add(problem, node.place, path)
        return value

    def _discount(self) -> float:
        entry = self.known.get("discount")
        if entry is None:
            return DISCOUNT
        node = entry.node
        try:
            value = read_quantity(plain(node), DIMENSIONS["growth"])
        except UnitError as error:
            self.report.add(str(error), node.place, "choose.discount")
            return DISCOUNT
        if not 0 <= value < 1:
            self.report.add("must lie between 0 and 100 %/yr", node.place, "choose.discount")
        return value

    def _measure(self) -> str:
        entry = self.known.get("protect")
        if entry is None:
            return MEASURES[0]
        if not isinstance(entry.node, Branch):
            self.report.add("must be {loss: short_usd, in: worst 5 %}", entry.node.place, "choose.protect")
            return MEASURES[0]
        found = self._known(entry.node, ("loss", "in"), "choose.protect")
        for name, allowed in (("loss", LOSSES), ("in", MEASURES)):
            if name in found and (text := text_of(found[name].node)) not in allowed:
                message = f"'{text[:60]}' is not one of {', '.join(allowed)}"
                self.report.add(message, found[name].node.place, f"choose.protect.{name}")
        return text_of(found["in"].node) if "in" in found else MEASURES[0]

    def _options(self) -> Iterator[Alternative]:
        entry = self.known.get("options")
        if entry is None or not isinstance(entry.node, Branch) or not entry.node.entries:
            place = entry.node.place if entry else self.branch.place
            self.report.add("needs 'options': a map of at least one option", place, "choose")
            return
        for name, each in entry.node.entries.items():
            if isinstance(each.node, Branch):
                option = self._option(name, each.node)
                if option:
                    yield option
            else:
                self.report.add("an option is {set: {path: [nothing, ...]}, cost: [...]}", each.node.place,
                                f"choose.options.{name}")  # fmt: skip

    def _option(self, name: str, branch: Branch) -> Alternative | None:
        path = f"choose.options.{name}"
        found = self._known(branch, OPTION_FIELDS, path)
        if "set" not in found:
            self.report.add("needs 'set': paths, each with a list of values, nothing first", branch.place, path)
            return None
        levels = axis_of(name, found["set"], f"{path}.set", self.report)
        if levels and len(levels) < 2:
            self.report.add("has one level: give nothing first, then what may be chosen", found["set"].place, path)
        if not levels:
            return None
        costs, yearly = self._costs(found.get("cost"), len(levels), path)
        texts = {key: text_of(found[key].node) for key in ("title", "source", "note") if key in found}
        return Alternative(
            name, texts.get("title", name), levels, costs, yearly, texts.get("source", ""), texts.get("note", "")
        )

    def _costs(self, entry: Entry | None, levels: int, path: str) -> tuple[tuple[float, ...] | None, bool]:
        if entry is None:
            return None, False
        nodes = entry.node.items if isinstance(entry.node, Sequence) else (entry.node,)
        if len(nodes) != levels:
            message = f"has {len(nodes)} values, but there are {levels} levels"
            self.report.add(message, entry.node.place, f"{path}.cost")
            return None, False
        bare = [_without_year(node) for node in nodes]
        yearly = {each[1] for node, each in zip(nodes, bare, strict=True) if text_of(node).strip() != "0 USD"}
        if len(yearly) > 1:
            self.report.add("give all levels once (USD) or all a year (USD/yr)", entry.node.place, f"{path}.cost")
        costs = tuple(self._money(node, f"{path}.cost") for node, _ in bare)
        if costs[0] != 0:
            self.report.add("the first level is nothing and costs nothing", nodes[0].place, f"{path}.cost")
        return costs, yearly == {True}

    def _rule(self, node: Node, ids: tuple[str, ...]) -> Bound | None:
        text = text_of(node).strip()
        if match := NEEDS.match(text):
            return self._bound({match[1]: 1.0, match[2]: -1.0}, 0.0, text, node, ids)
        if match := EXCLUDES.match(text):
            return self._bound({match[1]: 1.0, match[2]: 1.0}, 1.0, text, node, ids)
        if match := COUNT.match(text):
            sign = 1.0 if match[1] == "most" else -1.0
            names = [name.strip() for name in match[3].split(",") if name.strip()]
            return self._bound(dict.fromkeys(names, sign), sign * int(match[2]), text, node, ids)
        self.report.add(f"'{text[:80]}' is no rule; write {RULES}", node.place, "choose.rules")
        return None

    def _bound(self, coefficients: dict[str, float], most: float, text: str, node: Node, ids: tuple[str, ...]) -> Bound:
        for name in coefficients:
            if name not in ids:
                self.report.add(f"no such option '{name[:60]}'{suggestion(name, ids)}", node.place, "choose.rules")
        if len(coefficients) < (1 if COUNT.match(text) else 2) or most < -len(coefficients):
            self.report.add(f"'{text[:80]}' is no rule between options; write {RULES}", node.place, "choose.rules")
        return Bound(coefficients, most, text)

    def _check_paths(self, options: tuple[Alternative, ...]) -> None:
        """Unknown paths, and paths that two options both set."""
        owners: dict[Path, str] = {}
        for option in options:
            for pattern, entry in option.levels[0].settings:
                where = f"choose.options.{option.id}.set.{dotted(pattern)}"
                try:
                    paths = self.universe.expand(pattern)
                except PathError as error:
                    self.report.add(str(error), entry.place, where)
                    continue
                if paths and paths[0][0] in RUN:
                    message = f"{paths[0][0]} says how a scenario is run, which is nothing that can be bought"
                    self.report.add(message, entry.place, where)
                for path in paths:
                    if owners.setdefault(path, option.id) != option.id:
                        message = f"is set by the option '{owners[path]}' too: options may not overlap"
                        self.report.add(message, entry.place, where)
                        break

    def _check_twice(self, budgets: tuple[float, ...]) -> None:
        for k, (node, budget) in enumerate(zip(self._items("budget"), budgets, strict=True)):
            if budget in budgets[:k]:
                self.report.add("is there twice", node.place, "choose.budget")

    def _check_budgets(self, budgets: tuple[float, ...], options: tuple[Alternative, ...]) -> None:
        """A budget has to buy something, as far as costs are stated."""
        stated = [cost for option in options if option.costs and not option.yearly for cost in option.costs[1:]]
        if len(stated) < sum(len(option.levels) - 1 for option in options) or not stated or not budgets:
            return
        for node, budget in zip(self._items("budget"), budgets, strict=False):
            if 0 < budget < min(stated):
                message = f"is below the cheapest option ({min(stated):,.0f} USD): nothing could be chosen"
                self.report.add(message, node.place, "choose.budget")


def why_no_budget(usd: float) -> str:
    """What keeps a sum from being a budget, "" for nothing."""
    return "a budget is not below 0" if usd < 0 else _too_much(usd)


def _too_much(usd: float) -> str:
    return f"is more than there is (at most {MOST_MONEY:,.0f} USD)" if abs(usd) > MOST_MONEY else ""


def _without_year(node: Node) -> tuple[Node, bool]:
    """A sum without its `/yr`, and whether it had one."""
    text = text_of(node).strip()
    for end in ("/yr", "/year", " a year"):
        if text.endswith(end):
            bare = text.removesuffix(end).strip()
            return Scalar(bare, bare, node.place), True
    return node, False


def _plain(node: Node) -> dict[str, object]:
    found = plain(node)
    return dict(found) if isinstance(found, dict) else {}
