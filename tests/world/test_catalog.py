"""The catalog answers for names and defaults without balancing anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from supplysim.world import base, catalog


def test_it_balances_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "balance_chain", None)
    assert len(catalog().minerals) >= 6
    with pytest.raises(TypeError):
        base.load()


def test_it_loads_neither_pandas_nor_scipy() -> None:
    code = "import sys, supplysim.world as w; w.load(); print('pandas' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_every_country_has_a_region() -> None:
    names = catalog()
    assert names.region_of("DEU") == "EU27"
    assert names.region_of("HKG") == "CHN"
    assert names.region_of("GHA") == names.region_of("S19") == "ROW"
    assert list(names.regions)[-1] == "ROW"
    assert names.group("central_asia") == ("KAZ", "UZB", "KGZ", "TJK", "TKM")
    assert len(names.regions["EU27"].members) == 27


def test_the_specific_row_counts(cobalt: Path) -> None:
    names = catalog(cobalt)
    cover = names.cover("cobalt.metal", "USA", "industry"), names.cover("cobalt.hydroxide", "USA", "industry")
    assert [row.months for row in cover if row] == [2, 1]
    assert names.cover("cobalt.metal", "USA", "strategic") is None
    growth = names.growth("cobalt.metal", "CHN"), names.growth("cobalt.metal", "JPN")
    assert [row.percent for row in growth if row] == [-1, 4]
    assert names.growth("cobalt.hydroxide", "CHN") is None


def test_a_folder_can_add_ways(cobalt: Path) -> None:
    header = "product,from,to,months,confidence,source,note\n"
    (cobalt / "lead_times.csv").write_text(
        header + "cobalt.*,*,*,5,R,assumed,\ncobalt.metal,CHN,USA,4,R,assumed,\n*,KAZ,CHN,6,R,assumed,\n"
    )
    names = catalog(cobalt)

    def months(product: str, origin: str, destination: str) -> float | None:
        row = names.lead_time(product, origin, destination)
        return row.months if row else None

    assert months("cobalt.metal", "CHN", "USA") == 4
    assert months("cobalt.metal", "CHN", "JPN") == 5
    assert months("copper.refined", "KAZ", "CHN") == 6
    assert months("copper.refined", "CHN", "CHN") is None


def test_a_by_product_is_left_out_where_an_own_world_takes_its_host_away():
    """The rare earths of 2009 are one market of separated oxides: dysprosium has no ore to come with there."""
    from supplysim.scenario import shipped_folder

    own = shipped_folder() / "backtests" / "worlds" / "rare-earths-2009"
    assert "heavy_rare_earths" in catalog().minerals
    assert "heavy_rare_earths" not in catalog(own).minerals
