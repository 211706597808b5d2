"""No shipped scenario's prices meet the ceiling but where it asks for that."""

from __future__ import annotations

from supplysim.api import load
from supplysim.assembly.beyond import Taken
from supplysim.history.ceiling_card import Met, document, meetings, play, section, table
from supplysim.scenario import shipped


def met(share: float, taken: float) -> Met:
    return Met("china-ree-halt", "rare_earths.magnets", "KOR", share, Taken(taken, 0.5, 0))


def test_it_is_a_fault_from_a_twentieth_of_the_draws_on_where_it_is_not_asked_for():
    assert met(0.05, 0.4).fault
    assert not met(0.04, 0.4).fault
    assert not met(1.0, 0.6).fault


def test_in_every_shipped_scenario_the_ceiling_binds_only_where_it_is_asked_for():
    """The page of validation holds the table that this makes."""
    found = play()
    assert [each for each in found if each.fault] == []
    assert len(table(found).rows) == len(shipped())
    asked = {each.scenario for each in found if each.taken.asks and each.share >= 0.5}
    halts = {"china-ree-halt", "china-ree-halt-with-c5", "stockpile-six-months", "combined-stress", "portfolio-c5"}
    assert asked == halts | {"two-bloc-world"}


def test_korean_oxide_was_at_the_ceiling_when_plants_paid_any_price_and_customs_were_not_read():
    """The card can fail: what it was made for comes back by three settings."""
    off = [f"model.{switch}=off" for switch in ("break_even", "stocks.cargo_follows_price")]
    changed = ["draws=32", *off, "events.heavy-oxides-korea.held_back=35 %"]
    found = [each for each in meetings(load("china-ree-licensing-2025", changed)) if each.fault]
    assert ("heavy_rare_earths.separated", "KOR") in {(each.product, each.region) for each in found}
    assert "Missed: china-ree-licensing-2025, heavy_rare_earths.separated in KOR" in section(found)


def test_a_wait_for_licences_takes_nobody_to_the_ceiling_unless_cargo_is_wanted_for_use_at_base_prices():
    """Nine weeks' wait and a third held back: who goes without buys no second pipeline at any price."""

    def at_the_ceiling(switch: str) -> list[str]:
        changed = ["draws=64", f"model.stocks.cargo_follows_price={switch}"]
        return [each.product for each in meetings(load("china-ree-licensing-2025", changed)) if each.share > 0]

    assert at_the_ceiling("on") == []
    assert "rare_earths.magnets_heavy" in at_the_ceiling("off")


def test_the_document_says_what_the_table_says():
    row = document([met(0.25, 0.6)])[0]
    assert row == {"scenario": "china-ree-halt", "product": "rare_earths.magnets", "region": "KOR", "share": 0.25,
                   "taken": 0.6, "limit": 0.5, "asked": True}  # fmt: skip
    assert "rare_earths.magnets KOR 25%" in [cell for line in table([met(0.25, 0.6)]).rows for cell in line]
