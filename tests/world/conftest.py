from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from supplysim.world import World, load

TABLES = {
    "products": """product,name,input,yield,yield_source,unit,price_usd_t,price_confidence,price_source,note
cobalt.hydroxide,Cobalt hydroxide,,,,t Co,20000,R,made for a test,
cobalt.metal,Cobalt metal,cobalt.hydroxide,0.9,made for a test,t Co,30000,R,made for a test,
""",
    "production": """product,region,kind,output_t,capacity_t,confidence,source,note
cobalt.hydroxide,COD,mine,1000,1200,A,made for a test,
cobalt.hydroxide,IDN,mine,200,,C,made for a test,
cobalt.metal,CHN,plant,950,,B,made for a test,
cobalt.metal,EU27,plant,100,150,A,made for a test,
cobalt.metal,EU27,recycling,30,,R,made for a test,
""",
    "use": """product,region,use_t,confidence,source,note
cobalt.metal,CHN,600,B,made for a test,
cobalt.metal,USA,250,A,made for a test,
cobalt.metal,EU27,230,C,made for a test,
""",
    "trade": """product,from,to,flow_t,confidence,known,source,note
cobalt.hydroxide,COD,CHN,850,A,0,made for a test,
cobalt.hydroxide,COD,EU27,77,A,1,made for a test,
cobalt.hydroxide,IDN,CHN,190,A,0,made for a test,
cobalt.metal,CHN,USA,220,A,0,made for a test,
cobalt.metal,CHN,EU27,100,A,0,made for a test,
""",
    "elasticities": """product,parameter,p10,median,p90,confidence,source,note
*,sigma,1.5,2.5,4,R,made for a test,
*,supply,0.06,0.1,0.17,R,made for a test,
cobalt.metal,supply,0.1,0.2,0.3,R,made for a test,
*,demand,0.1,0.2,0.3,R,made for a test,
""",
    "stocks": """product,region,holder,months,confidence,source,note
*,*,industry,1,R,made for a test,
cobalt.metal,USA,industry,2,R,made for a test,
cobalt.metal,JPN,strategic,3,R,made for a test,
""",
    "growth": """product,region,pct_per_year,confidence,source,note
cobalt.metal,*,4,R,made for a test,
cobalt.metal,CHN,-1,R,made for a test,
""",
}


@pytest.fixture(scope="session")
def world() -> World:
    return load()


@pytest.fixture
def cobalt(tmp_path: Path) -> Path:
    """A world folder that adds a thirteenth mineral."""
    folder = tmp_path / "cobalt"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def edit(cobalt: Path) -> Callable[[str, str, str], Path]:
    """Change a piece of text in one table of the thirteenth mineral; returns the world folder."""

    def change(table: str, old: str, new: str) -> Path:
        path = cobalt / "cobalt" / f"{table}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return cobalt

    return change
