"""The validation page, written from the card; `python -m supplysim.history.report FILE` writes it again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from supplysim.history import ceiling_card, event_report, goals, year_2025
from supplysim.history.card import Card, backtest
from supplysim.history.cases import RULES, Case
from supplysim.history.episodes_report import baselines, overview, section, targets
from supplysim.history.model import Prior
from supplysim.history.rerouting import CUTS, YEARS, model_slopes, observed_parts, slope, with_buyers
from supplysim.history.shares import Shares
from supplysim.history.shocks import Shock, cuts
from supplysim.history.table import Table, markdown
from supplysim.history.trade import Trade

CURVE = (0.3, 1.0, 2.0, 4.0, 8.0)
LIMITS = (1.0, 3.0, 1e9)
PROTOTYPE = {
    (0.10, 1): "0.41 [0.06, 0.83], 203",
    (0.10, 2): "0.65 [0.34, 0.89], 198",
    (0.10, 3): "0.71 [0.49, 0.95], 195",
    (0.25, 1): "0.71 [0.44, 1.02], 137",
    (0.25, 2): "0.55 [0.29, 0.79], 160",
    (0.25, 3): "0.63 [0.34, 0.85], 159",
}
PROTOTYPE_CURVE = {0.3: 0.20, 1.0: 0.40, 2.0: 0.53, 4.0: 0.67, 8.0: 0.79}
NAMES = {"no_change": "no change", "pro_rata": "pro-rata loss", "full_rerouting": "full re-routing"}


def tables(card: Card) -> list[Table]:
    """What the command prints: re-routing, pooled errors, unit values, episodes by month and by year, cases."""
    monthly = [targets(card.monthly), overview(card.monthly), baselines(card.monthly)] if card.monthly else []
    shares = [_shares(card.shares)] if card.shares else []
    events = [goals.table(card), *event_report.tables(card.events)] if card.events else []
    events += [event_report.mechanisms(card.mechanisms)] if card.mechanisms else []
    return [
        _rerouting(card),
        _errors(card),
        *shares,
        _unit_values(card),
        *events,
        *monthly,
        _episodes(card),
        _cases(card),
    ]


def _rerouting(card: Card) -> Table:
    rows = [
        [
            f"over {row.cut:.0%}",
            str(row.years),
            str(row.n),
            f"{row.observed:.2f}",
            f"[{row.low:.2f}, {row.high:.2f}]",
            f"{row.model:.2f}",
            "yes" if row.low <= row.model <= row.high else "no",
        ]
        for row in card.rerouting
    ]
    header = ["cut", "years", "cases", "observed", "80 % interval", "model", "inside"]
    return Table("Share of the lost supply that exposed buyers replace", header, rows)


def _errors(card: Card) -> Table:
    error, win = card.totals.median_error, card.totals.win_rate
    rows = [["model", f"{error['model']:.3f}", ""]]
    rows += [[NAMES[rule], f"{error[rule]:.3f}", f"{win[rule]:.2f}" if rule in win else ""] for rule in RULES]
    rows += [["noise floor (calm years, no change)", f"{error['noise_floor']:.3f}", ""]]
    title = f"Median error of importers' totals, {card.totals.n} totals in {len(card.cases)} cases"
    return Table(title, ["rule", "median error", "model better in"], rows)


def _shares(found: Shares) -> Table:
    """Shares of other suppliers a year later, the model's beside buyers' own old ones."""
    names = {
        "total_variation": "total variation (lower is better)",
        "cross_entropy": "cross-entropy (lower is better)",
        "top3_recall": "recall of the three largest (higher is better)",
    }
    rows = [
        [names[key], f"{c.model:.3f}", f"{c.persistence:.3f}", f"{c.difference:+.4f} [{c.low:+.4f}, {c.high:+.4f}]"]
        for key, c in found.measures.items()
    ]
    title = (
        f"Shares of the other suppliers, {found.n} exposed buyers a year later; {found.new_ties:.0%} of their purchases"
        " run over ties without earlier trade"
    )
    return Table(title, ["measure", "model", "own old shares", "difference [80 % interval, whole cases]"], rows)


def _gravity(card: Card) -> Table:
    rows = [[f"{w.weight:g}", f"{w.chosen_by:.3f}", f"{w.judged_by:.3f}"] for w in card.gravity]
    header = ["weight of world shares", "codes that choose", "codes that judge"]
    return Table("Cross-entropy of other suppliers' shares by the weight of ties without earlier trade", header, rows)


def _unit_values(card: Card) -> Table:
    error = card.unit_value_error
    rows = [[name, f"{error[key]:.2f}"] for name, key in (("model", "model"), ("no change", "no_change"))]
    title = f"Median log error of the unit value's change (it rose in {card.unit_value_rises:.0%} of the cases)"
    return Table(title, ["rule", "median error"], rows)


def _episodes(card: Card) -> Table:
    rows = [
        [
            played.episode.name,
            f"{played.observed.max():.2f}",
            f"{played.model.median.max():.2f} [{played.model.low.max():.2f}, {played.model.high.max():.2f}]",
            f"{played.score.price_direction:.2f}",
            f"{played.score.peak_abs_log_error:.2f}",
            f"{played.score.band_coverage:.2f}",
        ]
        for played in card.episodes
    ]
    header = ["episode", "peak seen", "peak modelled", "direction right", "log error of peak", "inside band"]
    return Table("Episodes on yearly trade (unit value multiples of the base year)", header, rows)


def _cases(card: Card) -> Table:
    rows = [_case(case) for case in card.cases]
    header = ["code", "exporter", "year", "cut", "model", *(NAMES[rule] for rule in RULES), "price seen", "modelled"]
    return Table("Cases: median error of importers' totals, change of unit value", header, rows)


def _case(case: Case) -> list[str]:
    errors = [case.model.median, *(case.baselines()[rule] for rule in RULES)]
    return [
        case.shock.code,
        case.shock.name,
        str(case.shock.year + 1),
        f"{1 - case.shock.kept:.0%}",
        *(f"{np.median(case.error(totals)):.2f}" for totals in errors),
        f"x{np.exp(case.unit_value):.2f}",
        f"x{np.exp(case.price.median):.2f}",
    ]


def page(card: Card) -> str:
    """The whole page, in Markdown."""
    shocks = {(cut, years): with_buyers(cuts(card.trade, cut, years)) for cut in CUTS for years in YEARS}
    parts = [
        _INTRODUCTION.format(repaired=card.trade.repaired, lines=card.trade.count, value=card.trade.repaired_value),
        markdown(_rerouting(card)),
        markdown(_beside_prototype(card)),
        markdown(_curve(shocks[CUTS[0], 1])),
        markdown(_by_code(shocks[CUTS[0], 1])),
        markdown(_limits(shocks)),
        _REROUTING,
        markdown(_errors(card)),
        *([markdown(_shares(card.shares))] if card.shares else []),
        markdown(_unit_values(card)),
        _CASES.format(coverage=card.totals.band_coverage),
        *([markdown(_gravity(card)), _GRAVITY] if card.gravity else []),
        *([_EVENTS, event_report.section(card.events)] if card.events else []),
        *([markdown(event_report.mechanisms(card.mechanisms)), _MECHANISMS] if card.mechanisms else []),
        *([_GOALS, markdown(goals.table(card))] if card.events else []),
        ceiling_card.section(ceiling_card.play()),
        year_2025.section(year_2025.play()),
        _EPISODES_HEAD,
        *([section(card.monthly)] if card.monthly else []),
        _YEARLY,
        markdown(_episodes(card)),
        _EPISODES,
        markdown(_cases(card)),
        _sources(card.trade),
    ]
    return "\n\n".join(parts) + "\n"


def _beside_prototype(card: Card) -> Table:
    rows = [
        [
            f"over {row.cut:.0%}",
            str(row.years),
            f"{row.observed:.2f} [{row.low:.2f}, {row.high:.2f}], {row.n}",
            PROTOTYPE.get((row.cut, row.years), ""),
        ]
        for row in card.rerouting
    ]
    return Table("The same beside an earlier prototype's figures", ["cut", "years", "here", "prototype"], rows)


def _curve(shocks: Sequence[Shock]) -> Table:
    prior = Prior()
    rows = [
        [f"{sigma:g}", f"{model_slopes(shocks, prior.at(sigma))[0]:.2f}", f"{PROTOTYPE_CURVE[sigma]:.2f}"]
        for sigma in CURVE
    ]
    title = "Share the model replaces by sigma (cuts over 10 %, one year)"
    return Table(title, ["sigma", "here", "prototype"], rows)


def _by_code(shocks: Sequence[Shock]) -> Table:
    prior = Prior()
    rows = []
    for code, group in groupby(shocks, key=lambda shock: shock.code):
        mine = list(group)
        observed, model = slope(observed_parts(mine)), model_slopes(mine, prior.at(prior.sigma))[0]
        rows.append([code, str(len(mine)), f"{observed:.2f}", f"{model:.2f}"])
    title = f"By code (cuts over 10 %, one year; model at sigma {prior.sigma:g})"
    return Table(title, ["code", "cases", "observed", "model"], rows)


def _limits(shocks: dict[tuple[float, int], list[Shock]]) -> Table:
    rows = [
        [f"over {cut:.0%}", str(years), *(f"{slope(observed_parts(mine, most)):.2f}" for most in LIMITS)]
        for (cut, years), mine in shocks.items()
    ]
    header = ["cut", "years", "limit 1", "limit 3 (used)", "no limit"]
    return Table("How much the limit on single changes matters", header, rows)


def _sources(trade: Trade) -> str:
    codes = ", ".join(trade.codes)
    source = f"CEPII BACI, HS 1992 codes {codes}, 2005 to 2024, Etalab Open Licence 2.0; tonnes repaired as above."
    return f"## Source\n\n{source}"


_INTRODUCTION = """# What the model gets right, and what it does not

Written by `supplysim backtest --write-docs docs/validation.md`; a test compares this page with the code.

Twenty years of yearly trade in eight codes, and every shock in them that meets a rule fixed beforehand: no case is
picked, none gets a fit of its own, and one set of priors serves all (sigma lognormal with p10 2 and p90 8, supply
elasticity 0.2, demand elasticity 0.25). The market is told one thing: what the cutting exporter still sold.
{repaired} of {lines} lines, with {value:.0%} of a code-year's value on average, have tonnes that are missing or off the
code-year's value-weighted median unit value by more than four times; they are replaced by value over that median.

## Do buyers find other suppliers?"""

_REROUTING = """Exporters with at least a tenth of world tonnes, buyers with at least 0.2 % of world imports. The slope
is within cases, weighted by import share; a buyer's loss is instrumented by its share of the exporter times the
exporter's cut to everybody else (zero where the others bought more); the interval draws whole cases with replacement.
A change of more than three times a buyer's base-year imports counts as three times. That limit is a choice made with
the figures in sight, not beforehand, and the last table shows what it does: a few entries and unit errors move the
pooled figure more than the model could. Without it the model lies far above two of the six observed figures.

The counts differ from the prototype's, which covered nine codes and whose details are not recorded; the pattern is
the same: buyers replace about half of what they lose, the interval is wide, and no single code is measured well.

## Is the model better than a rule of thumb?"""

_CASES = """The cases: an exporter with at least a tenth of a code's world tonnes and three importers or more cuts its
total by 30 % or more within a year, in a year in which the others' total did not fall by more than a tenth. Errors are
fractions of the importer's total the year before. The noise floor is the error of "as before" in years without any cut
of a tenth by a large exporter: single years of trade are that noisy, and no rule can be judged below it.

Read it plainly. Importers' totals are moot: every rule lies about the noise floor, so none can be told from another by
them, and the model is no better than the two pro-rata rules, which know the cut as it does. What can be scored is from
whom exposed buyers (a twentieth of their imports or more from the exporter that cut) bought instead. There the model is
hardly to be told from buyers' own old shares: within a year they stay with those they know, and what is new, over ties
without earlier trade, neither expects.
Its band holds {coverage:.0%} of the totals: it spans what is unknown about elasticities, not a year's noise.
Prices are worse than that. A market that sees trade alone, without domestic sales, stocks or contracts, makes them
jump where the value over tonnes of a year hardly moves; "no change" is the better forecast of a year's unit value."""

_GRAVITY = """The weight that the model gives ties without earlier trade (`model.new_links.gravity`) is the best of
these by every other code, and is judged by the others. The range was fixed beforehand by what such ties were seen to
carry; a larger weight would do better still here, because it also draws buyers' old shares to the mean."""

_MECHANISMS = """Each mechanism is a switch (`model.*`, elasticities by the priors), and has the default that this table
and reasons give it. News of losses is what helps; its size is the middle of a range fixed beforehand, and a larger one,
which would do better, was not looked for. Demand that bends and stocks of which six months answer to prices do nothing
here, where losses are small and cover is short; they are for bans and for uranium. Wider elasticities cost a little and
stay, because nobody has measured these. Expectations that close a fifth of the gap did not do better for certain, and
stay at a twentieth. What is not in the list - ties at once, terms of contracts, purchases, plants' break-even, supply
that follows stocks - a world of one buyer, without plants, that does not grow cannot show. Nor is anything on its way
there: the last two rows put it two months off, where cargo that is wanted for use at the day's price (added after the
freeze) costs a little, as what damps prices does on a card whose path lies too low. It stays, because the other way a
buyer fills its yard for ever with what it had ordered for use that the price has ended. Added after the freeze, with
the mechanism that reads it: a loss that begins later is in the news from its report on."""

_GOALS = "## Were the goals reached?"

_EVENTS = "## Do prices do what the model says after an event?"

_EPISODES_HEAD = "## Episodes"

_YEARLY = """### Year by year, on trade alone"""

_EPISODES = """The market of the cases above, told what the exporter still sold. Each year is its own shock against the
base year. The model's rare-earth peak comes a year late and too high: prices rose with the announced quota, the tonnes
fell afterwards. For Niger it asks for a peak that customs values of uranium ore do not show.

## Every case"""


def main(path: str) -> None:
    """Write the page for the shipped trade table to `path`."""
    Path(path).write_text(page(backtest()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
