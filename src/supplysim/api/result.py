"""A run as a modeler holds it: its frames, its figures, its page and its folder."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Self

from supplysim.api.plots import Plots
from supplysim.batch.execute import saved, saving
from supplysim.report import PAGE, write_report
from supplysim.report.brief import brief, brief_html
from supplysim.report.page import page
from supplysim.report.source import Run, run_of
from supplysim.results.folder import manifest_of, write_text
from supplysim.results.result import Result


@dataclass(frozen=True, repr=False)
class RunResult(Result):
    """What `supplysim.run` returns: one scenario and its baseline over the same draws.

    Frames: `summary()`, `draws()`, `monthly()`, `prices()`, `stocks()`, `flows()`, `contracts()`, `to_xarray()`.
    Figures: `plot.price()`, `plot.flows()`, `plot.shares()`, `plot.stocks()`. To keep: `save(folder)`, `report(path)`.
    """

    @classmethod
    def of(cls, result: Result) -> Self:
        """A result with what people do with it."""
        return cls(**{field.name: getattr(result, field.name) for field in fields(result)})

    @property
    def plot(self) -> Plots:
        """The page's figures as `plotly` figures."""
        return Plots(self._run)

    def report(self, path: str | Path) -> Path:
        """Write the page about the run to `path`, one HTML file that opens offline; return its path.

        Raises `InputError` where it cannot be written.
        """
        write_text(Path(path), page(self._run))
        return Path(path)

    def save(self, folder: str | Path = "results") -> Path:
        """Write the run's folder, page included, to `folder/SCENARIO/HASH` as `supplysim run` does; return it.

        A finished folder of an equal run is found again, nothing is overwritten. `supplysim compare`, `report`,
        `sensitivity` and `export` work on it. Raises `InputError` where it cannot be written.
        """
        found = saved(Path(folder), self.scenario, self.engine, self.design)
        if found is not None:
            return found
        with saving(self, Path(folder), self._command) as (where, manifest):
            write_report(where, run=run_of(self, manifest))
        return where

    @cached_property
    def _run(self) -> Run:
        counts = {"ok": self.scenario.draws, "failed": 0, "traced": self.traced}
        manifest = manifest_of(self.scenario, self._command, counts, "finished", self.engine, self.design)
        return run_of(self, manifest)

    @property
    def _command(self) -> str:
        what = "inputs=..." if self.design else f"draws={self.scenario.draws}"
        return f"supplysim.run(supplysim.load({self.scenario.name!r}), {what}, seed={self.scenario.seed})"

    def __repr__(self) -> str:
        return "\n".join([*brief(self._run), "summary() prices() stocks() flows() draws() plot report(path) save()"])

    def _repr_html_(self) -> str:
        where = saved(Path("results"), self.scenario, self.engine, self.design)
        return brief_html(self._run, where / PAGE if where else None)
