"""screen.csv, pairs.csv and the folder they lie in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplysim.decisions.screen import Effort, Pair, Row, Screen
from supplysim.results.csv_text import csv_text
from supplysim.results.folder import manifest_of, run_hash, write_manifest, write_text
from supplysim.results.summary import NAMES, Band
from supplysim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


def screen_folder(
    results: Path, scenario: Scenario, consumers: Sequence[str], effort: Effort, engine: str = "numpy"
) -> Path:
    """Where a screen lies: `results/<scenario>/screen-<12 hex of all that decides it>`."""
    text = "\n".join([run_hash(scenario, engine), ",".join(consumers), repr(effort)])
    return results / scenario.name / f"screen-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def write_screen(folder: Path, screen: Screen, effort: Effort, command: str, engine: str, page: str) -> None:
    """Write both tables and the page, the manifest last."""
    write_text(folder / "screen.csv", csv_text(screen_frame(screen)))
    write_text(folder / "pairs.csv", csv_text(pairs_frame(screen.pairs)))
    write_text(folder / "screen.html", page)
    counts = {"contingencies": len(screen.rows), "pairs": len(screen.pairs), "draws": effort.draws}
    manifest = manifest_of(screen.scenario, command, counts, "finished", engine)
    write_manifest(folder, {**manifest, "kind": "screen", "consumers": list(screen.consumers)})


def screen_frame(screen: Screen) -> pd.DataFrame:
    """A row a contingency, the costliest first."""
    import pandas as pd

    closed = screen.rank_closed_form()
    return pd.DataFrame([_row(k, row, closed[row.contingency.id]) for k, row in enumerate(screen.rows, 1)])


def _row(rank: int, row: Row, closed: int) -> dict[str, Any]:
    bands = {"short_share": row.short_share, "peak_price": row.peak_price,
             "time_to_survive": row.time_to_survive, "time_to_recover": row.time_to_recover}  # fmt: skip
    spread = {f"{name}_{q}": value for name, found in bands.items() for q, value in zip(NAMES, found, strict=True)}
    return {
        "rank": rank, "contingency": row.contingency.words(), "kind": row.contingency.kind, "product": row.product,
        "consumer": row.consumer, "short_usd": row.mean_loss, **spread, "likelihood": row.likelihood,
        "expected_loss_usd": row.expected_loss, "covered_by": covered_text(row), "rank_closed_form": closed,
        "draws": len(row.loss), "set": " ".join(set_option(text) for text in row.contingency.settings),
    }  # fmt: skip


def pairs_frame(pairs: Sequence[Pair]) -> pd.DataFrame:
    """A row a pair: losses in USD alone and together, and what both cost beyond the sum."""
    import pandas as pd

    rows = [(p.a.words(), p.b.words(), p.loss_a, p.loss_b, p.loss_ab, p.interaction, p.low, p.high,
             " ".join(set_option(text) for each in (p.a, p.b) for text in each.settings)) for p in pairs]  # fmt: skip
    columns = ["a", "b", "loss_a", "loss_b", "loss_ab", "interaction", "lo", "hi", "set"]
    return pd.DataFrame(rows, columns=columns)


def covered_text(row: Row) -> str:
    """What made up for the purchases that fell away, in words and whole percent."""
    if row.cover is None:
        return ""
    parts = {"stock": row.cover.stock, "other suppliers": row.cover.others, "users who do without": row.cover.without}
    return ", ".join(f"{name} {100 * share:.0f} %" for name, share in parts.items())


def set_option(text: str) -> str:
    """A setting as an option that a shell takes as it stands."""
    return f"--set '{text}'"


def document(screen: Screen) -> dict[str, Any]:
    """What `supplysim screen --json` prints."""
    closed = screen.rank_closed_form()
    return {
        "scenario": screen.scenario.name,
        "consumers": list(screen.consumers),
        "contingencies": [_listed(k, row, closed[row.contingency.id]) for k, row in enumerate(screen.rows, 1)],
        "pairs": [
            {"a": p.a.words(), "b": p.b.words(), "loss_a": p.loss_a, "loss_b": p.loss_b, "loss_ab": p.loss_ab,
             "interaction": p.interaction, "lo": p.low, "hi": p.high,
             "set": [text for each in (p.a, p.b) for text in each.settings]}
            for p in screen.pairs
        ],
    }  # fmt: skip


def _listed(rank: int, row: Row, closed: int) -> dict[str, Any]:
    def named(found: Band) -> dict[str, float | None]:
        return dict(zip(NAMES, found, strict=True))

    cover = None if row.cover is None else row.cover._asdict()
    return {
        "rank": rank, "contingency": row.contingency.words(), "kind": row.contingency.kind, "product": row.product,
        "consumer": row.consumer, "short_share": named(row.short_share), "short_usd": row.mean_loss,
        "peak_price": named(row.peak_price), "time_to_survive": named(row.time_to_survive),
        "time_to_recover": named(row.time_to_recover), "likelihood": row.likelihood,
        "expected_loss_usd": row.expected_loss, "covered_by": cover, "rank_closed_form": closed,
        "set": list(row.contingency.settings),
    }  # fmt: skip
