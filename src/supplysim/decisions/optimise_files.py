"""frontier.csv, choice.csv, alternatives.csv and evaluations.parquet of an answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplysim.decisions.ledger import Ledger
from supplysim.decisions.master import Levels
from supplysim.decisions.optimise import Answer, Effort, Optimised, Step, avoided_cost
from supplysim.results.csv_text import csv_text
from supplysim.results.folder import manifest_of, write_manifest, write_parquet, write_text
from supplysim.scenario.choose import Choose

if TYPE_CHECKING:
    import pandas as pd


def write_optimised(folder: Path, found: Optimised, effort: Effort, command: str, engine: str, page: str) -> None:
    """Write the tables and the page, the manifest last."""
    for name, frame in (
        ("frontier", frontier(found)),
        ("choice", choice(found)),
        ("alternatives", alternatives(found)),
    ):
        write_text(folder / f"{name}.csv", csv_text(frame))
    ids = tuple(option.id for option in found.choose.options)
    write_parquet(folder / "evaluations.parquet", Ledger(folder / "evaluations.log").frame(ids))
    write_text(folder / "optimise.html", page)
    counts = {"evaluations": found.evaluations, "draws": effort.draws}
    manifest = manifest_of(found.scenario, command, counts, "finished", engine)
    write_manifest(folder, {**manifest, "kind": "optimise", "budgets": list(found.choose.budgets)})


def frontier(found: Optimised) -> pd.DataFrame:
    """A row a budget: what is left of the loss, on the draws it was found on and on fresh ones."""
    import pandas as pd

    return pd.DataFrame([{**_frontier(answer), **_how(answer)} for answer in found.answers])


def _frontier(answer: Answer) -> dict[str, float]:
    best = answer.best
    return {"budget": best.budget, "loss": best.loss, "lo": answer.low, "hi": answer.high, "fresh": answer.fresh,
            "mean": answer.mean, "p95": answer.p95}  # fmt: skip


def _how(answer: Answer) -> dict[str, Any]:
    return {"bound": answer.best.bound, "gap": answer.best.gap, "same_in_bootstraps": answer.same,
            "best_on_fresh_draws": answer.fresh_best}  # fmt: skip


def choice(found: Optimised) -> pd.DataFrame:
    """A row a budget and option taken, in the order of choice: each marginal after those before it."""
    import pandas as pd

    rows = [_step(found, answer, step) for answer in found.answers for step in answer.steps]
    columns = ["budget", "option", "level", "cost_usd", "loss_before", "loss_after", "avoided_t_mean",
               "avoided_t_worst", "usd_per_avoided_t", "kept_in_bootstraps", "rule"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _step(found: Optimised, answer: Answer, step: Step) -> dict[str, Any]:
    option = next(option for option in found.choose.options if option.id == step.option)
    rules = [rule.text for rule in found.choose.rules if step.option in rule.coefficients]
    return {
        "budget": answer.best.budget, "option": step.option, "level": option.label(step.level), "cost_usd": step.cost,
        "loss_before": step.loss_before, "loss_after": step.loss_after, "avoided_t_mean": step.tonnes_mean,
        "avoided_t_worst": step.tonnes_worst, "usd_per_avoided_t": avoided_cost(step),
        "kept_in_bootstraps": step.kept, "rule": "; ".join(rules),
    }  # fmt: skip


def alternatives(found: Optimised) -> pd.DataFrame:
    """Other portfolios whose loss is near the best one's, each simulated."""
    import pandas as pd

    rows = [
        {"budget": answer.best.budget, "alternative": k, "loss": loss, "cost_usd": cost_of(found, levels),
         **taken(found.choose, levels)}
        for answer in found.answers
        for k, (levels, loss) in enumerate(answer.alternatives, 1)
    ]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["budget", "alternative", "loss", "cost_usd", *(o.id for o in found.choose.options)]
    )


def taken(choose: Choose, levels: Levels) -> dict[str, str]:
    """The options above nothing with what they set."""
    return {option.id: option.label(level) for option, level in zip(choose.options, levels, strict=True) if level}


def cost_of(found: Optimised, levels: Levels) -> float:
    """What a portfolio costs by its options' own costs, USD, net present."""
    return sum(costs[level] for costs, level in zip(found.costs, levels, strict=True))


def document(found: Optimised) -> dict[str, Any]:
    """What `supplysim optimise --json` prints."""
    return {
        "scenario": found.scenario.name, "consumers": list(found.consumers), "measure": found.choose.measure,
        "draws": found.draws, "evaluations": found.evaluations, "nothing": found.nothing,
        "frontier": [{**_frontier(answer), **_how(answer)} for answer in found.answers],
        "choice": [_step(found, answer, step) for answer in found.answers for step in answer.steps],
        "alternatives": [
            {"budget": answer.best.budget, "loss": loss, "cost_usd": cost_of(found, levels),
             "options": taken(found.choose, levels)}
            for answer in found.answers for levels, loss in answer.alternatives
        ],
    }  # fmt: skip
