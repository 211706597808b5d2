"""Named episodes on yearly trade: the exporter keeps what it kept each year, the market says what prices did."""

from __future__ import annotations

import csv
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from supplysim.engine.market import Array
from supplysim.errors import InputError
from supplysim.history.cases import band
from supplysim.history.episodes import PriceBand, Score, score
from supplysim.history.model import Elasticities, predict
from supplysim.history.shocks import shock_of
from supplysim.history.trade import Trade

TABLE = Path(__file__).parent / "tables" / "episodes.csv"


@dataclass(frozen=True)
class Episode:
    """A row of the table of episodes: who cut what, the last calm year, and the last year looked at."""

    name: str
    title: str
    code: str
    exporter: str
    base_year: int
    last_year: int
    source: str


@dataclass(frozen=True)
class Played:
    """An episode year by year, the base year first: exporter's tonnes, unit value multiples seen and modelled."""

    episode: Episode
    years: tuple[int, ...]
    tonnes: tuple[float, ...]
    observed: Array
    model: PriceBand
    score: Score

    def as_dict(self) -> dict[str, Any]:
        """The document `supplysim backtest EPISODE --json` prints; a time that never comes is null."""
        scores = asdict(self.score).items()
        return {
            "episode": self.episode.name,
            "title": self.episode.title,
            "source": self.episode.source,
            "years": list(self.years),
            "exporter_t": list(self.tonnes),
            "observed": self.observed.tolist(),
            "model": {name: part.tolist() for name, part in self.model._asdict().items()},
            "score": {name: value if math.isfinite(value) else None for name, value in scores},
        }


def episodes() -> list[Episode]:
    """The episodes that come with the package."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [
            Episode(
                row["episode"],
                row["title"],
                row["hs92"],
                row["exporter"],
                int(row["base_year"]),
                int(row["last_year"]),
                row["source"],
            )
            for row in csv.DictReader(file)
        ]


def named(name: str) -> Episode:
    """An episode by its name; InputError with the names there are."""
    known = {episode.name: episode for episode in episodes()}
    if name not in known:
        raise InputError(f"no episode {name!r}; there are {', '.join(known)}")
    return known[name]


def playable(episode: Episode, trade: Trade) -> bool:
    """Whether a trade table holds the episode's code, exporter and years."""
    years = range(episode.base_year, episode.last_year + 1)
    return episode.exporter in trade.countries.get(episode.code, ()) and all(
        (episode.code, year) in trade.lines for year in years
    )


def play_episode(episode: Episode, trade: Trade, drawn: Elasticities) -> Played:
    """Every year after the base year as its own shock; InputError where the trade table does not hold the episode."""
    if not playable(episode, trade):
        raise InputError(f"the trade table does not hold {episode.code} of {episode.exporter} in all years needed")
    exporter = trade.countries[episode.code].index(episode.exporter)
    years = tuple(range(episode.base_year, episode.last_year + 1))
    matrices = [trade.tonnes(episode.code, year) for year in years]
    shocks = [
        shock_of(trade, (episode.code, years[0], year - years[0]), exporter, matrices[0], matrix)
        for year, matrix in zip(years[1:], matrices[1:], strict=True)
    ]
    draws = np.stack([np.zeros(len(drawn.sigma)), *(p.log_unit_value for p in predict(shocks, drawn))], axis=1)
    model = PriceBand(*band(np.exp(draws)))
    unit_values = np.array([trade.unit_value(episode.code, year) for year in years])
    observed = unit_values / unit_values[0]
    sold = tuple(float(matrix[exporter].sum()) for matrix in matrices)
    return Played(episode, years, sold, observed, model, score(model, observed))
