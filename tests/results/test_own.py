"""Metrics and worlds of installed packages, found by their entry points."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import supplysim
from supplysim.results import own
from supplysim.results.metrics import UNITS
from supplysim.world.catalog import SHIPPED

PACKAGE = '''
import numpy as np
from supplysim import Metric

def imports(traces):
    """Tonnes that cross a border on their way to a region, over the run."""
    found = {}
    for product, trace in traces.items():
        for region in {to for _, to in trace.links}:
            links = [k for k, (a, b) in enumerate(trace.links) if b == region and a != b]
            found[product, region] = trace.flow[:, :, links].sum(axis=(0, 2))
    return found

imports_t = Metric("t", imports)
wrong = Metric("t", lambda traces: {("rare_earths.separated", "USA"): np.zeros(1)})
partly = Metric("t", lambda traces: {("rare_earths.separated", "USA"): np.zeros(2)} if next(seen) else {})
seen = iter([True, False, True, False])
broken = Metric("t", lambda traces: 1 / 0)
nothing = 5

def no_world():
    raise OSError("the tables were moved")
'''


def offered(folder: Path, text: str) -> None:
    """Lay an installed package into a folder: a module, and entry points as an installer writes them."""
    (folder / "own_package.py").write_text(PACKAGE, encoding="utf-8")
    about = folder / "own_package-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: own-package\nVersion: 1.2\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(text, encoding="utf-8")


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package with these entry points for one test."""
    folder = tmp_path / "site"
    folder.mkdir()

    def forget():
        own._found.cache_clear()
        own.own_metrics.cache_clear()
        UNITS.__dict__.pop("own", None)

    def into(text: str) -> None:
        offered(folder, text)
        monkeypatch.syspath_prepend(str(folder))
        forget()

    yield into
    monkeypatch.undo()
    forget()


def test_an_own_metric_is_measured_in_every_draw_and_saved(install, halt, tmp_path):
    plain = supplysim.run(supplysim.load(halt), draws=2).save(tmp_path)
    install("[supplysim.metrics]\nimports_t = own_package:imports_t\n")
    result = supplysim.run(supplysim.load(halt), draws=2)
    rows = result.summary().set_index(["metric", "product", "region"])
    row = rows.loc[("imports_t", "rare_earths.separated", "USA")]
    assert row["unit"] == "t"
    flows = result.flows().query("variant == 'scenario' and product == 'rare_earths.separated' and to == 'USA'")
    two = flows[flows["from"] != "USA"][["p5", "p95"]]  # with two draws quantiles lie between them: their sum is theirs
    assert row[["scenario_p5", "scenario_p95"]].sum() == pytest.approx(two.to_numpy().sum(), rel=1e-9)
    column = "scenario|imports_t|rare_earths.separated|USA"
    assert column in result.draws()
    where = result.save(tmp_path)
    assert where != plain, "other numbers, another folder"
    assert "imports_t" in supplysim.compare(where, where).frame()["metric"].to_numpy()


@pytest.mark.parametrize(("name", "message"), [
    ("wrong", r"the metric wrong gave \(1,\) for rare_earths.separated, USA, not \(2,\)"),
    ("partly", "the metric partly must be given for rare_earths.separated, USA in every variant"),
    ("broken", "the metric broken failed: ZeroDivisionError: division by zero"),
    ("nothing", "is no supplysim.Metric but int"),
    ("absent", "cannot be loaded"),
])  # fmt: skip
def test_a_metric_that_is_none_is_told(install, halt, name, message):
    install(f"[supplysim.metrics]\n{name} = own_package:{name}\n")
    with pytest.raises(supplysim.InputError, match=message):
        supplysim.run(supplysim.load(halt), draws=2)


def test_a_metric_may_not_take_a_name_that_is_taken(install, halt):
    install("[supplysim.metrics]\nshort_t = own_package:imports_t\n")
    with pytest.raises(supplysim.InputError, match="which supplysim has itself"):
        supplysim.run(supplysim.load(halt), draws=2)


def test_a_metric_needs_a_name_that_a_column_can_have(install, halt):
    install("[supplysim.metrics]\nshare-abroad = own_package:imports_t\n")
    told = "own-package 1.2 offers a metric with the name 'share-abroad', which is no word of a column"
    with pytest.raises(supplysim.InputError, match=told):
        supplysim.run(supplysim.load(halt), draws=2)


def test_a_world_that_its_package_cannot_give_is_told_where_it_is_asked_for(install, halt):
    install("[supplysim.worlds]\nmine = own_package:no_world\n")
    halt.write_text(halt.read_text(encoding="utf-8") + "world: mine\n", encoding="utf-8")
    with pytest.raises(supplysim.InputError) as caught:
        supplysim.load(halt)
    assert "the world mine of the package behind own_package:no_world cannot be had: the tables were moved" in str(
        caught.value
    )


def test_without_packages_there_are_the_shipped_metrics_alone():
    assert own.own_metrics() == {}
    assert "short_t" in UNITS
    assert np.all([isinstance(unit, str) for unit in UNITS.values()])


def test_a_world_goes_by_its_name_and_a_folder_beside_the_file_comes_first(install, halt, tmp_path):
    tables = tmp_path / "site" / "own_world"
    shutil.copytree(SHIPPED / "rare_earths", tables / "rare_earths")
    (tables / "__init__.py").write_text("", encoding="utf-8")
    install("[supplysim.worlds]\nmine = own_world\n")
    halt.write_text(halt.read_text(encoding="utf-8") + "world: mine\n", encoding="utf-8")
    scenario = supplysim.load(halt)
    assert scenario.world == tables
    assert len(supplysim.run(scenario, draws=1).draws()) == 1
    (halt.parent / "mine").mkdir()
    shutil.copytree(SHIPPED / "rare_earths", halt.parent / "mine" / "rare_earths")
    assert supplysim.load(halt).world == halt.parent / "mine"
    halt.write_text(halt.read_text(encoding="utf-8").replace("world: mine", "world: yours"), encoding="utf-8")
    with pytest.raises(supplysim.InputError, match="'yours' does not exist; installed packages offer mine"):
        supplysim.load(halt)
