"""The two questions asked of a finished run: what its answer hangs on, and when it goes wrong. Files beside the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from supplysim.batch.progress import Told
from supplysim.decisions.discover import Box, discover
from supplysim.decisions.draws import Draws, chain_of
from supplysim.decisions.sensitivity import Sensitivity, sensitivity
from supplysim.decisions.total import Total, design, totals
from supplysim.errors import InputError
from supplysim.results.asked import Condition, find_key, read_condition
from supplysim.results.csv_text import csv_text
from supplysim.results.folder import write_text
from supplysim.results.metrics import UNITS, Key

HARDEST = ("short_share", "peak_price_multiple")
"""What is asked about where nobody says: the first of these that varies, for the consumer where it is highest."""
SIGNS = (">", "<")


def asked_key(draws: Draws, text: str | None) -> Key:
    """The metric that a text names, or the shortage of the consumer that is hit hardest.

    Raises `InputError` where the text names none, or nothing varies over draws.
    """
    if text is not None:
        return find_key(text, tuple(draws.outputs))
    for metric in HARDEST:
        found = {
            key: float(np.median(values))
            for key, values in draws.outputs.items()
            if key.metric == metric and np.isfinite(values).all() and np.ptp(values) > 1e-6
        }
        if found:
            return max(found, key=lambda key: (found[key], key))
    raise InputError(f"no metric of {draws.folder} varies over its draws")


def drivers_of(draws: Draws, key: Key, bad: str | None, seed: int) -> Sensitivity:
    """What a metric hangs on; `bad` is a condition, or its end (`> 10 %`) for the metric itself."""
    inputs = draws.concerning(key.product)
    if not inputs:
        raise InputError(f"nothing that was drawn or chosen can move {key.product}: run it with uncertain inputs")
    marks = None
    if bad is not None:
        whole = f"{' '.join(key)} {bad}" if bad.strip().startswith(SIGNS) else bad
        condition = read_condition(whole, tuple(draws.outputs))
        marks = condition.holds(draws.outputs[condition.key])
    return sensitivity(inputs, draws.outputs[key], bad=marks, seed=seed)


def total_of(draws: Draws, key: Key, base: int, seed: int, progress: Told | None = None) -> tuple[Total, ...]:
    """Total indices of what nature draws, by simulating the scenario again over Saltelli's design.

    A sweep's choices are not part of it: its first cell's scenario is taken.
    """
    from supplysim.batch.execute import execute
    from supplysim.batch.sampling import drawn_paths, from_uniform

    concerning = draws.concerning(key.product)
    paths = tuple(path for path in drawn_paths(draws.scenario) if path in concerning)
    if not paths:
        raise InputError(f"nothing that nature draws can move {key.product}")
    points = design(len(paths), base, seed)
    given = from_uniform(draws.scenario, {path: points[:, k] for k, path in enumerate(paths)})
    asked = replace(
        draws.scenario, draws=len(points), scope=draws.scenario.scope or chain_of(draws.scenario, key.product)
    )
    result = execute(asked, progress=progress, given=given)
    return totals(paths, result.metrics["scenario"][key], base)


def boxes_of(
    draws: Draws, condition: Condition, boxes: int, peel: float, seed: int
) -> tuple[NDArray[np.bool_], list[Box]]:
    """Which draws are bad, and the boxes that hold them."""
    inputs = draws.concerning(condition.key.product)
    if not inputs:
        raise InputError(f"nothing that was drawn or chosen can move {condition.key.product}")
    values = draws.outputs[condition.key]
    bad = condition.holds(values)
    if bad.all() or not bad.any():
        low, high = (float(f(values[~np.isnan(values)])) for f in (np.min, np.max))
        which = "every" if bad.all() else "no"
        raise InputError(
            f"the condition holds in {which} draw: {condition.key.metric} runs from {low:.4g} to {high:.4g} "
            f"({UNITS[condition.key.metric]}); ask for a value between"
        )
    return bad, discover(inputs, bad, boxes=boxes, peel=peel, seed=seed)


def write_drivers(draws: Draws, found: Sensitivity, totals: Sequence[Total]) -> None:
    """drivers.csv: a row an input, the strongest first, and the dummy at the end."""

    wholes = {row.input: row.st for row in totals}
    frame = found.frame()
    frame.insert(1, "unit", [draws.units.get(path, "") for path in frame["input"]])
    if wholes:
        for column, part in (("st", "value"), ("st_lo", "low"), ("st_hi", "high")):
            frame[column] = [getattr(wholes[p], part) if p in wholes else None for p in frame["input"]]
    dummy: dict[str, Any] = {"input": "dummy", "unit": "", "s1": found.noise, "ks": found.ks_noise, "below_noise": True,
             "n": found.n, "n_failed": found.n_failed}  # fmt: skip
    frame.loc[len(frame)] = {column: dummy.get(column) for column in frame.columns}
    write_text(draws.folder / "drivers.csv", csv_text(frame))


def write_boxes(draws: Draws, found: Sequence[Box]) -> None:
    """boxes.csv, a row a limit, and peeling.csv, a row a box on the way."""
    import pandas as pd

    limits = [
        {"box": k, "input": path, "from": limit.low, "to": limit.high, "levels": " or ".join(limit.levels),
         "unit": draws.units.get(path, ""), "quasi_p": box.quasi_p[path], "kept_in_resamples": box.kept[path],
         "coverage": box.coverage, "density": box.density, "mass": box.mass}
        for k, box in enumerate(found, 1)
        for path, limit in box.limits.items()
    ]  # fmt: skip
    names = ["box", "input", "from", "to", "levels", "unit", "quasi_p", "kept_in_resamples", "coverage", "density",
             "mass"]  # fmt: skip
    steps = [
        {"box": k, "step": number, "coverage": s.coverage, "density": s.density, "mass": s.mass, "limits": s.limited}
        for k, box in enumerate(found, 1)
        for number, s in enumerate(box.peeling)
    ]
    ways = ["box", "step", "coverage", "density", "mass", "limits"]
    for name, rows, columns in (("boxes", limits, names), ("peeling", steps, ways)):
        text = csv_text(pd.DataFrame(rows, columns=columns))
        write_text(draws.folder / f"{name}.csv", text)
