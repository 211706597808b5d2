"""Own tables with several inputs, joint products and uses that not every supplier may feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from supplysim.errors import InputError
from supplysim.world import World, load
from supplysim.world.balance import Side, reconcile
from supplysim.world.order import as_balanced, linked, upstream_first
from supplysim.world.records import Fact, Trade

Edit = Callable[[str, str, str], Path]
FACT = Fact("B", "made for a test", "", "test:1")
RECIPE = "product,input,per_unit,confidence,source,note\n"
HOST = "product,region,host,confidence,source,note\n"
QUALIFIED = "product,user,supplier,confidence,source,note\n"


@pytest.fixture
def magnets(cobalt: Path) -> Path:
    """Cobalt metal takes a twentieth of a tonne of Tungsten's first product as well, in every plant."""
    (cobalt / "cobalt" / "recipes.csv").write_text(
        RECIPE + "cobalt.metal,tungsten.apt,0.05,B,made for a test,\n", encoding="utf-8"
    )
    return cobalt


def test_every_input_of_a_plant_is_bought_in_its_proportion(magnets: Path) -> None:
    base = load(magnets).base
    made = {s.region: s.output for s in base["cobalt.metal"].suppliers if s.kind == "plant"}
    for product, per_unit in (("cobalt.hydroxide", 1 / 0.9), ("tungsten.apt", 0.05)):
        bought = {b.region: b.requirement for b in base[product].buyers if b.user == "cobalt.metal"}
        assert bought == {region: pytest.approx(per_unit * output, rel=1e-12) for region, output in made.items()}


def test_minerals_that_share_a_plant_are_simulated_together(magnets: Path, world: World) -> None:
    found = load(magnets).catalog
    assert found.linked["cobalt"] == found.linked["tungsten"] == ("cobalt", "tungsten")
    assert found.linked["gold"] == ("gold",)
    order = list(found.products)
    assert order.index("tungsten.apt") < order.index("cobalt.metal")
    assert world.catalog.linked["rare_earths"] == ("heavy_rare_earths", "rare_earths")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("cobalt.metal,unobtainium.ore,0.1,B,x,", "recipes.csv:2.*cobalt.metal needs unobtainium.ore, which is not"),
        ("cobalt.metal,cobalt.alloy,0.1,B,x,", "which is not a product of any mineral"),
        ("cobalt.hydroxide,gold.refined,0.1,B,x,", "cobalt.hydroxide is mined"),
        ("cobalt.metal,cobalt.hydroxide,0.1,B,x,", "is an input of cobalt.metal already"),
        ("cobalt.metal,cobalt.metal,0.1,B,x,", "the recipe of cobalt.metal runs in a circle"),
        ("cobalt.metal,gold.refined,0,B,x,", "per_unit.*must be above 0"),
    ],
)
def test_a_bad_recipe_is_named_with_its_place(cobalt: Path, row: str, message: str) -> None:
    (cobalt / "cobalt" / "recipes.csv").write_text(RECIPE + row + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(cobalt)
    told = " ".join(f"{fault.place}: {fault.message}" for fault in caught.value.faults)
    assert re.search(message, told), told


def test_a_recipe_that_needs_what_nobody_makes_is_refused(cobalt: Path) -> None:
    products = cobalt / "cobalt" / "products.csv"
    lines = products.read_text(encoding="utf-8").splitlines()
    lines.insert(2, "cobalt.salt,Salt,,,,t Co,20000,R,made for a test,")
    products.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (cobalt / "cobalt" / "recipes.csv").write_text(RECIPE + "cobalt.metal,cobalt.salt,0.1,B,x,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"cobalt\.metal needs cobalt\.salt, which nobody makes"):
        load(cobalt)


def test_plants_that_need_more_than_can_be_had_are_told(cobalt: Path) -> None:
    (cobalt / "cobalt" / "recipes.csv").write_text(
        RECIPE + "cobalt.metal,tungsten.apt,5000,B,made for a test,\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"tungsten\.apt"):
        load(cobalt)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("cobalt.hydroxide,COD,copper.concentrate,R,assumption,", ""),
        ("cobalt.hydroxide,EU27,copper.concentrate,R,assumption,", "EU27 makes no cobalt.hydroxide"),
        ("cobalt.hydroxide,IDN,cobalt.hydroxide,R,assumption,", "cobalt.hydroxide has a host itself"),
        ("cobalt.hydroxide,IDN,nickel.ore,R,assumption,", "IDN makes no nickel.ore"),
        (
            "cobalt.hydroxide,COD,copper.concentrate,R,assumption,\ncobalt.hydroxide,IDN,gold.dore,R,assumption,",
            r"hosts\.csv:3:\d+: cobalt.hydroxide has two hosts, copper.concentrate and gold.dore",
        ),
    ],
)
def test_a_host_has_to_be_made_where_its_by_product_is(cobalt: Path, row: str, message: str) -> None:
    (cobalt / "cobalt" / "hosts.csv").write_text(HOST + row + "\n", encoding="utf-8")
    if message:
        with pytest.raises(InputError, match=message):
            load(cobalt)
    else:
        assert load(cobalt).catalog.hosts["cobalt.hydroxide", "COD"].host == "copper.concentrate"


def batteries(cobalt: Path, qualified: str) -> Path:
    """American use is of two kinds, and batteries may be fed by some alone."""
    folder = cobalt / "cobalt"
    use = (folder / "use.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{line},{'user' if k == 0 else 'use'}" for k, line in enumerate(use)]
    rows = [row.replace("USA,250", "USA,100") for row in rows]
    rows.append("cobalt.metal,USA,150,A,made for a test,,batteries")
    (folder / "use.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "adjustments.csv").write_text(
        "product,side,region,reason\n*,supply,*,a test\n*,demand,*,a test\n", encoding="utf-8"
    )
    (folder / "qualification.csv").write_text(
        QUALIFIED + "".join(f"cobalt.metal,batteries,{region},A,made for a test,\n" for region in qualified.split()),
        encoding="utf-8",
    )
    return cobalt


def test_who_does_not_qualify_sells_nothing_to_that_use(cobalt: Path) -> None:
    market = load(batteries(cobalt, "EU27")).base["cobalt.metal"]
    batteries_ = next(j for j, b in enumerate(market.buyers) if b.user == "batteries")
    for supplier, flow in zip(market.suppliers, market.flow[:, batteries_], strict=True):
        assert (flow > 0) == (supplier.region == "EU27")


def test_a_use_for_which_nobody_qualifies_is_refused_with_its_place(cobalt: Path) -> None:
    with pytest.raises(InputError, match=r"nobody qualifies for batteries of cobalt\.metal in USA") as caught:
        load(batteries(cobalt, "KAZ"))
    assert caught.value.faults[0].place.endswith("use.csv:5:18")


def test_trade_to_a_region_that_may_not_use_it_is_refused(cobalt: Path) -> None:
    folder = batteries(cobalt, "EU27")
    use = folder / "cobalt" / "use.csv"
    use.write_text(
        "\n".join(line for line in use.read_text(encoding="utf-8").splitlines() if "USA,100" not in line) + "\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"CHN does not qualify for what USA uses cobalt\.metal for"):
        load(folder)


def test_trade_goes_to_those_buyers_of_a_region_that_may_take_it() -> None:
    """100 t of each seller; B uses 100 t for anything and 100 t that only the second may feed: nothing else fits."""
    sellers = [Side("A", "mine", 100, FACT), Side("C", "mine", 100, FACT)]
    buyers = [Side("B", "use", 100, FACT), Side("B", "wings", 100, FACT)]
    trade = [Trade("ore", origin, "B", 100, False, FACT) for origin in "AC"]
    flow = reconcile(sellers, buyers, trade, np.array([[True, False], [True, True]]))
    np.testing.assert_allclose(flow, [[100, 0], [0, 100]], atol=4.0)


def test_a_second_input_is_balanced_after_the_first_that_decides_how_much_is_needed(world: World) -> None:
    order = [product.id for product in as_balanced(world.catalog.products.values())[0]]
    assert order.index("rare_earths.separated") < order.index("heavy_rare_earths.separated")
    assert order.index("heavy_rare_earths.separated") < order.index("rare_earths.magnets_heavy")
    assert [p.id for p in upstream_first(world.catalog.products.values())[0]] == list(world.base)
    assert linked(world.catalog.chain("gold"), ()) == {"gold": ("gold",)}


def test_a_shipped_mineral_goes_with_the_one_it_shares_mines_and_plants_with(cobalt: Path, world: World) -> None:
    """Heavy rare earths were balanced with the shipped rare earths; who brings rare earths of another year goes without
    them."""
    (cobalt / "cobalt").rename(cobalt / "rare_earths")
    for path in (cobalt / "rare_earths").glob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("cobalt.", "rare_earths."), encoding="utf-8")
    own = load(cobalt)
    assert set(world.catalog.minerals) - set(own.catalog.minerals) == {"heavy_rare_earths"}
    assert "rare_earths.hydroxide" in own.base
