"""Several runs on one page: headline tiles side by side, and what differs, draw by draw."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from supplysim.report.choice import MOST_PRODUCTS, MOST_REGIONS, Choice
from supplysim.report.figure import Figure, Panel, Plot, compact
from supplysim.report.figures.apart import apart
from supplysim.report.figures.cells import Cells, cells
from supplysim.report.figures.together import together
from supplysim.report.figures.world_map import atlas_data
from supplysim.report.html import Table, esc, table
from supplysim.report.names import METRICS, Names, metric_name, shortened, telling
from supplysim.report.numbers import NONE, band_text, both_bands, range_text
from supplysim.report.page import document, picker, plot_data
from supplysim.report.ties import of_scenario, over_runs, side_by_side
from supplysim.report.tiles import SHOWN, big, said
from supplysim.results.ceiling import ceiling_of, or_ceiling
from supplysim.results.compare import Contrast, Run, contrasts, differing_inputs, uneven
from supplysim.results.durability import Fate, read_fates
from supplysim.results.folder import read_manifest, reading
from supplysim.results.metrics import UNITS, Key
from supplysim.results.notable import NOTABLE
from supplysim.results.summary import BOTH_BANDS, NOISY, Band, band
from supplysim.world import catalog

TILED = ("short_t", "short_share", "peak_price_multiple", "rival_share")
MOST_TILES = 12
MOST_INPUTS = 60
HASHED = re.compile(r"(.+) [0-9a-f]{12}")
"""The label of a run that is no cell: its scenario's name and its id."""


@dataclass(frozen=True)
class Compared:
    """The runs, each one's bands by metric, product and region, and the differences from the first by the same keys.

    `bands` are what people see first, of a price the outer one; `inner` are the model's own.
    """

    runs: Sequence[Run]
    bands: Sequence[Mapping[Key, Band]]
    inner: Sequence[Mapping[Key, Band]]
    against: Sequence[Mapping[Key, Contrast]]
    names: Names

    def label(self, k: int) -> str:
        """A run's name on the page: its title or, where several share that, its cell's label or its name and number."""
        run = self.runs[k]
        title = run.scenario.title or run.label
        if sum((other.scenario.title or other.label) == title for other in self.runs) == 1:
            return title
        hashed = HASHED.fullmatch(run.label)
        return f"{hashed[1]}, run {k + 1}" if hashed else run.label

    def told(self, k: int, key: Key, bands: Mapping[Key, Band]) -> str:
        """A run's band of a metric as text, or the words for the ceiling where the model's own price is there."""
        text = said(key.metric, band_text(bands.get(key), UNITS[key.metric]))
        return or_ceiling(text, key.metric, self.inner[k].get(key), ceiling_of(self.runs[k].scenario))


def comparison(runs: Sequence[Run]) -> str:
    """The page of several runs as HTML."""
    world = catalog(runs[0].scenario.world)
    names = Names(world)
    rows = contrasts(runs, SHOWN)
    against = [{_key(row): row for row in rows if row.other == k} for k in range(1, len(runs))]
    read = [_bands(run) for run in runs]
    compared = Compared(runs, [{**own, **outer} for own, outer in read], [own for own, _ in read], against, names)
    choice = _choose(compared)
    labels = [compared.label(k) for k in range(len(runs))]
    months = together(runs, labels, choice, names)
    swept = Cells([read_manifest(run.folder).get("settings", {}) for run in runs], compared.bands)
    flows = apart(runs, labels, choice, world)
    figures = [_figure(compared, choice), flows, months, *cells(swept, choice, names)]
    shown = (f"{choice.product}|{choice.region}", choice.product)
    body = "".join([
        _header(compared, choice), _ties(compared), picker(names, choice), _tiles(compared, choice),
        *(figure.html(shown) for figure in figures), _differences(compared, choice), _inputs(compared),
    ])  # fmt: skip
    return document("Runs side by side", body, plot_data(choice, figures, atlas_data(), shown))


def _key(row: Contrast) -> Key:
    return Key(row.metric, row.product, row.region, row.contract)


def _bands(run: Run) -> tuple[dict[Key, Band], dict[Key, Band]]:
    """The model's own bands, and the outer ones of prices."""
    import pyarrow.parquet as pq

    with reading(run.draws) as path, pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name.startswith(("scenario|", f"{NOISY}scenario|"))]
        keys = {name: key for name in names if (key := Key(*name.split("|")[1:])).metric in SHOWN}
        content = file.read(columns=list(keys))
    found: tuple[dict[Key, Band], dict[Key, Band]] = ({}, {})
    for name, key in keys.items():
        if len(content) > 1 or not name.startswith(NOISY):  # the noise of a single draw is no band
            found[name.startswith(NOISY)][key] = band(np.asarray(content[name].to_numpy()))
    return found


def _choose(compared: Compared) -> Choice:
    """The products whose medians differ most between runs, and the first run's consumers."""
    size: dict[str, float] = {}
    for key, first in compared.bands[0].items():
        if key.metric in NOTABLE:
            gaps = [abs((other[key][1] or 0.0) - (first[1] or 0.0)) for other in compared.bands[1:] if key in other]
            size[key.product] = max(size.get(key.product, 0.0), max(gaps, default=0.0) / NOTABLE[key.metric])
    ranked = sorted(size, key=lambda product: (-size[product], product))
    products = tuple([p for p in ranked if size[p] >= 1.0][:MOST_PRODUCTS] or ranked[:1])
    asked = compared.runs[0].scenario.consumers

    def hit(product: str, region: str) -> float:
        key = Key("worst_year_short_share", product, region)
        return max(bands[key][1] or 0.0 if key in bands else 0.0 for bands in compared.bands)

    used = {p: [r for r in asked if Key("short_t", p, r) in compared.bands[0]] for p in products}
    regions = {p: tuple(sorted(found, key=lambda r, p=p: -hit(p, r))[:MOST_REGIONS])  # type: ignore[misc]
               for p, found in used.items()}  # fmt: skip
    return Choice(products, regions, {}, products)


def _header(compared: Compared, choice: Choice) -> str:
    key = Key("short_t", choice.product, choice.region)
    goods, place = compared.names.goods(choice.product), compared.names.place(choice.region)
    found = "".join(
        f"<li>{esc(compared.label(k))}: {esc(band_text(bands.get(key), 't'))}{esc(_less(compared, k, key))}</li>"
        for k, bands in enumerate(compared.bands)
    )
    verdict = over_runs(_fates(compared), _contracts(compared), compared.names)
    first = f'<p class="lead">{esc(verdict)}</p>' if verdict else ""
    pairing = all(row.paired for rows in compared.against for row in rows.values())
    how = "draw by draw, over the same draws" if pairing else "of runs that do not share their draws: medians only"
    return (
        f'<header><p class="kicker">{len(compared.runs)} runs</p><h1>Runs side by side</h1>'
        f'<div class="answer">{first}<p class="lead">How much {esc(goods)} {esc(place)} is short of:</p>'
        f"<ul>{found}</ul>"
        f'<p class="note">Numbers are medians over draws; brackets hold nine of ten draws. Differences are from the '
        f"first run, {how}. {uneven(compared.runs)}</p></div></header>"
    )


def _fates(compared: Compared) -> list[list[Fate]]:
    """What became of supported flows in each run."""
    return [of_scenario(read_fates(run.folder / "durability.csv")) for run in compared.runs]


def _contracts(compared: Compared) -> dict[str, Any]:
    """The contracts of all runs by id."""
    return {name: contract for run in compared.runs for name, contract in run.scenario.contracts.items()}


def _ties(compared: Compared) -> str:
    found = _fates(compared)
    if not any(found):
        return ""
    labels = [compared.label(k) for k in range(len(found))]
    note = (
        "What still runs of each supported flow 24 months after support ends, and who then buys more of its supplier."
    )
    shown = table(side_by_side(labels, found, _contracts(compared), compared.names))
    head = "<h2>Influence attempt or lasting partnership</h2>"
    return f'<section id="ties">{head}<p class="note">{esc(note)}</p>{shown}</section>'


def _less(compared: Compared, k: int, key: Key) -> str:
    if not k or key not in compared.against[k - 1]:
        return ""
    row = compared.against[k - 1][key]
    return f"; difference {band_text(row.band, 't', signed=True)}" if row.paired else ""


def _tiles(compared: Compared, choice: Choice) -> str:
    parts = []
    for product, region in choice.pairs():
        hidden = "" if (product, region) == (choice.product, choice.region) else " hidden"
        sets = "".join(_set(compared, metric, product, region) for metric in TILED)
        head = f"{compared.names.product(product)} for {compared.names.place(region)}"
        parts.append(f'<div data-key="{esc(product)}|{esc(region)}"{hidden}><p>{esc(head)}</p>{sets}</div>')
    left = len(compared.runs) - MOST_TILES
    more = f"{left} more runs are in the drawing and the tables below." if left > 0 else ""
    note = (
        f'<p class="note">Prices are of the outer band, with the noise that such a market has, and of the inner band, '
        f"what is not known of the parameters. {more}</p>"
    )
    return f'<section id="headline"><h2>Headline numbers</h2>{note}{"".join(parts)}</section>'


def _set(compared: Compared, metric: str, product: str, region: str) -> str:
    key, unit = Key(metric, product, region), UNITS[metric]
    inside = "".join(
        f'<div class="tile"><h4>{esc(compared.label(k))}</h4>'
        f'<p class="big">{big(metric, bands.get(key), unit, _held(compared, k, key))}</p>'
        f'<p class="band">{esc(_range(compared, k, key))}</p></div>'
        for k, bands in enumerate(compared.bands[:MOST_TILES])
    )
    return f'<h3>{esc(METRICS[metric])}</h3><div class="tiles">{inside}</div>'


def _held(compared: Compared, k: int, key: Key) -> str:
    return or_ceiling("", key.metric, compared.inner[k].get(key), ceiling_of(compared.runs[k].scenario))


def _range(compared: Compared, k: int, key: Key) -> str:
    """What stands under a tile's number: its range, and of a price both bands by name."""
    shown, own = compared.bands[k].get(key), compared.inner[k].get(key)
    text = said(key.metric, range_text(shown, UNITS[key.metric]))
    return text if own is None or shown == own else both_bands(text, own)


def _figure(compared: Compared, choice: Choice) -> Figure:
    note = "The shortage over the horizon in each run: the dot is the median, the bar holds nine of ten draws."
    panels = [_panel(compared, product, region) for product, region in choice.pairs()]
    return Figure("shortage", "The shortage, run by run", note, panels)


def _panel(compared: Compared, product: str, region: str) -> Panel:
    key = Key("short_t", product, region)
    found = [bands.get(key, (None, None, None)) for bands in compared.bands]
    low, middle, high = (np.array([b[k] or 0.0 for b in found]) for k in range(3))
    apart = telling([compared.label(k) for k in range(len(found))])
    labels = [f"{k + 1}. {esc(shortened(label, 38))}" for k, label in enumerate(apart)]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "x": compact(middle), "y": labels, "showlegend": False,
        "marker": {"size": 12, "color": "@scenario"},
        "error_x": {"type": "data", "symmetric": False, "array": compact(high - middle),
                    "arrayminus": compact(middle - low), "color": "@scenario", "thickness": 2.5, "width": 6},
    }  # fmt: skip
    layout = {
        "xaxis": {"type": "linear", "rangemode": "tozero", "title": {"text": compared.names.unit(product)}},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True}, "hovermode": "closest",
        "margin": {"l": 20, "t": 10},
    }  # fmt: skip
    most, least = int(np.argmax(middle)), int(np.argmin(middle))
    place, goods = compared.names.place(region), compared.names.goods(product)
    reading = (
        f"The shortage of {goods} in {place} is largest in “{compared.label(most)}”, {band_text(found[most], 't')}, "
        f"and smallest in “{compared.label(least)}”, {band_text(found[least], 't')}."
    )
    if low.max() == high.max() == 0.0:
        reading = f"No run leaves {place} short of {goods}."
    numbers = Table(("Run", "Shortage"), [[compared.label(k), band_text(b, "t")] for k, b in enumerate(found)])
    return Panel(f"{product}|{region}", reading, reading, numbers, Plot([trace], layout, 90 + 44 * len(found), True))


def _differences(compared: Compared, choice: Choice) -> str:
    parts = []
    for product, region in choice.pairs():
        hidden = "" if (product, region) == (choice.product, choice.region) else " hidden"
        rows = [row for metric in SHOWN for row in _rows(compared, Key(metric, product, region))]
        headers = ["Metric", *(compared.label(k) for k in range(len(compared.runs))),
                   *(f"{compared.label(k)}: difference" for k in range(1, len(compared.runs)))]  # fmt: skip
        parts.append(f'<div data-key="{esc(product)}|{esc(region)}"{hidden}>{table(Table(headers, rows))}</div>')
    note = (
        f"Differences from “{compared.label(0)}”, taken within each draw where runs share their draws; of prices they "
        "are the model's own, of the inner band."
    )
    return f'<section id="differences"><h2>Differences</h2><p class="note">{esc(note)}</p>{"".join(parts)}</section>'


def _rows(compared: Compared, key: Key) -> list[list[str]]:
    """The metric in each run and its differences from the first; of a price a line for each band."""
    own = [compared.told(k, key, bands) for k, bands in enumerate(compared.inner)]
    gaps = [
        band_text(row.band, UNITS[key.metric], signed=True) if row and row.paired else NONE
        for row in (rows.get(key) for rows in compared.against)
    ]
    if all(compared.bands[k].get(key) == inner.get(key) for k, inner in enumerate(compared.inner)):
        return [[metric_name(key.metric), *own, *gaps]]
    outer = [compared.told(k, key, bands) for k, bands in enumerate(compared.bands)]
    return [[metric_name(key.metric, BOTH_BANDS[0]), *outer, *(NONE for _ in gaps)],
            [metric_name(key.metric, BOTH_BANDS[1]), *own, *gaps]]  # fmt: skip


def _inputs(compared: Compared) -> str:
    found = differing_inputs(compared.runs)
    rows = [[path, *(NONE if value is None else str(value) for value in values)] for path, values in found.items()]
    headers = ["Input", *(compared.label(k) for k in range(len(compared.runs)))]
    more = f"<p>{len(rows) - MOST_INPUTS} more inputs differ.</p>" if len(rows) > MOST_INPUTS else ""
    inside = table(Table(headers, rows[:MOST_INPUTS])) if rows else "<p>No input differs.</p>"
    return f'<section id="inputs"><h2>What differs in the inputs</h2>{inside}{more}</section>'
