"""What a single loss costs: hand-solved closed forms, and what must hold whatever the numbers are."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from supplysim.batch.engine import engine_for
from supplysim.decisions import screen
from supplysim.decisions.closed_form import unmet_share
from supplysim.decisions.contingency import KINDS, Contingency, contingencies, stated
from supplysim.decisions.screen import Effort
from supplysim.decisions.screen_files import pairs_frame, screen_frame
from supplysim.errors import InputError
from supplysim.scenario import load
from supplysim.world import load as load_world

ALL = "'*'"
screened = partial(screen.screened, engine=engine_for("auto"))
STILL = (
    "model.growth=off", "minerals.*.*.stocks.cover=0 months", "minerals.*.*.trade.sigma=50",
    "model.habit.learning=0/month", "stockpiles.*.*.target=0 months",
)  # fmt: skip
"""Nothing moves by itself, nobody has stocks, and suppliers are as good as one another."""
FEW = Effort(draws=2, months=12, worst=0, pairs=4)


def outage(number, region, product="tungsten.apt", severity=1.0, lasts=6):
    """The loss of what a region makes of a product."""
    event = f"x{number}"
    text = (f"events.{event}={{kind: outage, product: {product}, region: {region}, starts: 2026-01, "
            f"lasts: {lasts} months, severity: {100 * severity:g}%}}")  # fmt: skip
    name = f"{product} made in {region}"
    return Contingency(event, "supplier", name, (product,), region, severity, lasts, (text,), event)


@pytest.fixture(scope="module")
def tungsten():
    return load("baseline", ["scope=[tungsten]"])


@pytest.mark.parametrize(("loss", "supply", "demand", "price"), [
    (0.4, 0.1, 0.2, 5.489033), (0.6, 0.1, 0.3, 9.882118), (0.3, 0.2, 0.4, 1.812049),
])  # fmt: skip
def test_without_time_users_give_up_what_the_price_makes_them_give_up(loss, supply, demand, price):
    assert unmet_share(loss, supply, demand, 20.0) == pytest.approx(1 - price**-demand, abs=1e-6)


def test_at_the_ceiling_users_get_what_is_there():
    assert unmet_share(1.0, 0.1, 0.2, 20.0) == 1.0
    assert unmet_share(0.8, 0.1, 0.2, 20.0) == pytest.approx(1 - 0.2 * 20**0.1)
    assert unmet_share(0.0, 0.1, 0.2, 20.0) == 0.0


def test_everything_that_can_fail_is_listed_once_and_runs_as_it_is_written(tungsten):
    found = contingencies(load_world(), load("c5-contracts"), ("USA", "EU27"))
    assert {each.kind for each in found} <= set(KINDS)
    assert {"supplier", "country", "export ban", "import ban", "contract"} <= {each.kind for each in found}
    assert len({each.id for each in found}) == len(found)
    assert len({each.words() for each in found}) == len(found)
    for each in found[:: len(found) // 12]:
        load("c5-contracts", each.settings)


def test_losing_every_supplier_loses_all_demand(tungsten):
    still = load("baseline", [*STILL, "scope=[tungsten]", "minerals.*.*.demand.elasticity=0.001"])
    everybody = replace(outage(1, ALL), settings=tuple(outage(k, ALL, p).settings[0] for k, p in
                        enumerate(("tungsten.concentrate", "tungsten.apt"), 1)))  # fmt: skip
    (row,) = screened(still, ("USA", "JPN"), effort=FEW, chosen=[everybody]).rows
    market = load_world().base["tungsten.apt"]
    use = sum(b.requirement for b in market.buyers if b.region in ("USA", "JPN"))
    on_the_way = 0.35  # what had been shipped before arrives for some months
    assert (1 - on_the_way) * use * market.product.price / 2 < row.mean_loss <= use * market.product.price / 2


def test_a_loss_never_falls_with_its_severity(tungsten):
    some = [outage(k, "CHN", severity=severity) for k, severity in enumerate((0.25, 0.5, 1.0), 1)]
    rows = {row.contingency.severity: row for row in screened(tungsten, ("USA",), effort=FEW, chosen=some).rows}
    assert (rows[0.25].loss <= rows[0.5].loss).all()
    assert (rows[0.5].loss <= rows[1.0].loss).all()


def test_without_dynamics_the_simulation_ranks_as_the_closed_form_does():
    still = load("baseline", [*STILL, "scope=[tungsten]", "model.new_links.gravity=0"])
    users = tuple(b.region for b in load_world().base["tungsten.apt"].buyers)
    some = [outage(k, region) for k, region in enumerate(("CHN", "EU27", "VNM", "RUS"), 1)]
    found = screened(still, users, effort=replace(FEW, pairs=0), chosen=some)
    closed = found.rank_closed_form()
    assert [closed[row.contingency.id] for row in found.rows] == [1, 2, 3, 4]


def test_markets_that_share_nothing_do_not_interact():
    scenario = load("baseline", ["scope=[tungsten, antimony]"])
    some = [outage(1, "CHN"), outage(2, "TJK", "antimony.concentrate")]
    (pair,) = screened(scenario, ("USA", "EU27"), effort=FEW, chosen=some).pairs
    assert abs(pair.interaction) <= 1e-9 * pair.loss_ab
    assert pair.loss_ab == pytest.approx(pair.loss_a + pair.loss_b)


def test_two_losses_of_one_market_do_interact_and_one_countrys_are_no_pair(tungsten):
    some = [outage(1, "CHN"), outage(2, "EU27"), outage(3, "CHN", "tungsten.concentrate")]
    pairs = screened(tungsten, ("USA",), effort=FEW, chosen=some).pairs
    assert {frozenset((p.a.region, p.b.region)) for p in pairs} == {frozenset(("CHN", "EU27"))}
    assert any(abs(p.interaction) > 1e-6 * p.loss_ab for p in pairs)


def test_any_number_of_processes_gives_the_same_tables(tungsten):
    some = [outage(1, "CHN"), outage(2, "VNM")]
    one, two = (screened(tungsten, ("USA",), effort=FEW, chosen=some, jobs=jobs) for jobs in (1, 2))
    assert screen_frame(one).equals(screen_frame(two))
    assert pairs_frame(one.pairs).equals(pairs_frame(two.pairs))


def test_what_made_up_for_the_loss_adds_up(tungsten):
    (row,) = screened(tungsten, ("EU27",), effort=FEW, chosen=[outage(1, "CHN")]).rows
    assert row.cover is not None
    assert sum(row.cover) == pytest.approx(1.0, abs=0.05)
    assert screen_frame(screened(tungsten, ("EU27",), effort=FEW, chosen=[outage(1, "CHN")]))["set"][0] == (
        "--set 'events.x1={kind: outage, product: tungsten.apt, region: CHN, starts: 2026-01, lasts: 6 months, "
        "severity: 100%}'"
    )


def test_a_stated_likelihood_makes_an_expected_loss():
    event = ("events.quake={kind: outage, product: tungsten.apt, region: CHN, starts: 2026-01, lasts: 6 months, "
             "likelihood: 5 %/yr, source: an assumption of this test}")  # fmt: skip
    scenario = load("baseline", ["scope=[tungsten]", event])
    (row,) = screened(scenario, ("USA",), effort=FEW, chosen=stated(scenario)).rows
    (same,) = screened(load("baseline", ["scope=[tungsten]"]), ("USA",), effort=FEW, chosen=[outage(1, "CHN")]).rows
    assert row.contingency.kind == "event"
    assert row.mean_loss == pytest.approx(same.mean_loss, rel=1e-9)
    assert row.expected_loss == pytest.approx(0.05 * row.mean_loss)


def test_a_consumer_without_any_use_is_refused(tungsten):
    with pytest.raises(InputError, match="no final user"):
        screened(tungsten, ("TJK",), effort=FEW, chosen=[outage(1, "CHN")])
    with pytest.raises(InputError, match="no such region"):
        screened(tungsten, ("XYZ",), effort=FEW, chosen=[outage(1, "CHN")])


def test_a_loss_brings_along_the_minerals_that_share_its_plants():
    """Magnets need dysprosium: a screen over the whole world simulates both where one of them fails."""
    rows = screened(load("baseline"), ("JPN",), effort=FEW, chosen=[outage(1, "CHN", "rare_earths.separated")]).rows
    assert rows[0].mean_loss > 0
    assert {product.partition(".")[0] for product, _ in rows[0].by_place} >= {"rare_earths"}
