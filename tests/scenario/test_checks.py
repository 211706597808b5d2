"""What is well typed and yet cannot be meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from supplysim.scenario import Scenario

BAN = "events: {h: {kind: export_ban, product: tungsten.apt, from: CHN, starts: %s, lasts: 6 months%s}}\n"
DEAL = "contracts: {c: {kind: option, product: copper.refined, from: KAZ, to: USA, starts: 2028-01%s}}\n"

PROJECT = "projects: {p: {product: copper.concentrate, region: KAZ, size: 1 kt/yr, starts: 2028-01, %s}}\n"
OFFER = "events: {o: {kind: offer, product: copper.refined, volume: 1 kt/yr, starts: 2028-01, %s}}\n"
PURCHASE = """events: {p: {kind: purchase, product: copper.refined, region: USA, volume: 9 kt, starts: 2027-01,
  lasts: 1 years, %s}}
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BAN % ("2040-01", ""), "h.starts: the event starts after the horizon, whose last month is 2035-12"),
        (BAN % ("2020-01", ""), "the event is over before the horizon starts (2026-01)"),
        (BAN % ("2027-01", ", severity: 1.2"), "severity: must be at most 1"),
        (BAN % ("2027-01", ", lasst: 3 months"), "lasst: no such field; did you mean 'lasts'?"),
        (BAN % ("2027-01", ", to: []"), "to: must not be empty"),
        (BAN % ("2027-01", ", to: [USA, ~]"), "3:110: events.h.to.1: is empty; leave the line out for the default"),
        (BAN.replace("CHN", "5") % ("2027-01", ""), "3:61: events.h.from: must be a list, or one name"),
        (BAN.replace("CHN", "'*'") % ("2027-01", ", to: others"), "to: nobody is left besides 'from'"),
        (BAN % ("2027-01", ", to: [USA, Japan]"), "no such region 'Japan'; did you mean 'JPN'?"),
        (BAN % ("2027-01", ", note: 5"), "note: must be text"),
        (BAN % ("2027-01", ", note: "), "note: is empty; leave the line out"),
        (BAN % ("2027-01", ", recovery: linear"), "recovery: must be a map of fields"),
        (BAN % ("2027-01", ", recovery: {shape: liner}"), "'liner' is not one of its choices; did you mean 'linear'?"),
        (BAN.replace("apt", "atp") % ("2027-01", ""), "no such product 'tungsten.atp'; did you mean 'tungsten.apt'?"),
        (
            BAN.replace("tungsten.apt", "tungsten") % ("2027-01", ""),
            "'tungsten' is a mineral; say tungsten.* or one of",
        ),
        (
            BAN.replace("export_ban", "exprot_ban") % ("2027-01", ""),
            "no such kind 'exprot_ban'; did you mean 'export_ban'?",
        ),
        (BAN.replace("export_ban", "export_quota") % ("2027-01", ""), "needs either limit (t/yr) or cut (%)"),
        ("events: {h: {product: tungsten.apt}}\n", "h: needs 'kind'"),
        ("events: {h: 5}\n", "3:10: events.h: must be a map of fields"),
        ("events: {h: [outage]}\n", "3:10: events.h: must be a map of fields"),
        ("events: {h: }\n", "3:10: events.h: is empty"),
        ("model: []\n", "3:1: model: must be a map of fields"),
        ("events: [{kind: outage}]\n", "must be a map with an id for each entry"),
        ("events:\n", "events: is empty"),
        ("events: {h: {kind: corridor_closure, corridor: nowhere, starts: 2027-01}}\n", "no such corridor 'nowhere'"),
        (DEAL % ", volume: -5 t/yr", "volume: must be at least 0 t/yr"),
        (DEAL % "", "c: needs 'volume': amount a year (t/yr, kt/yr, t/month)"),
        (DEAL % ", volume: 1 kt/yr, support_ends: 2027-01", "the support ends before the contract starts (2028-01)"),
        (DEAL.replace("to: USA", "to: [USA, CHN]") % ", volume: 1 kt/yr", "c.to: must be one name, not a list"),
        (DEAL.replace("copper.refined", "copper.*") % ", volume: 1 kt/yr", "one name; 'copper.*' stands for 2"),
        (DEAL.replace("KAZ", "USA") % ", volume: 1 kt/yr", "from and to are both USA"),
        ("horizon: {start: 2026-01, months: 0}\n", "months: must be at least 1"),
        ("horizon: {start: 2026-01, months: 10 years}\n", "must be a whole number"),
        ("horizon: {start: 2026-01.5, months: 12}\n", "start: must be a whole month"),
        (
            "consumers: [TJK]\nscope: [uranium]\n",
            "none of the consumers (TJK) uses or processes any uranium",
        ),
        ("horizon: {months: 12, report_from: 2027-01}\n", "report_from: is outside the horizon, which is 2026-01 to"),
        (PROJECT % "for: deal", "p.for: no such contract 'deal'; there is none"),
        (PROJECT % "for: [c, d]" + DEAL % ", volume: 1 kt/yr", "for.1: no such contract 'd'; there are c"),
        (PROJECT % "for: c, independent: true" + DEAL % ", volume: 1 kt/yr", "for: is for contracts and yet"),
        (OFFER % "from: KAZ", "o: needs 'to': who makes the offer and is to receive"),
        (OFFER % "from: KAZ, to: KAZ", "from and to are both KAZ"),
        (OFFER % "from: KAZ, to: [CHN, RUS]", "to: must be one name; these are 2"),
        (OFFER % "from: KAZ, to: CHN, against: [c]", "3:115: events.o.against: must be one name, not a list"),
        (OFFER % "from: KAZ, to: CHN, against: c" + DEAL % ", volume: 1 t", "4:101: contracts.c.volume: 't' is not a"),
        (OFFER % "from: KAZ, to: CHN, against: x", "against: no such contract 'x'; there is none"),
        (
            OFFER % "from: CHL, to: CHN, against: c" + DEAL % ", volume: 1 kt/yr",
            "c brings copper.refined from KAZ, and",
        ),
        (PURCHASE % "returns: 2027-06", "returns: is before the purchase is over, the first possible month is 2028-01"),
        (PURCHASE % "returns: soon", "'soon' is not a month"),
        (PURCHASE % "likelihood: 5 %/yr", "likelihood: needs the event's 'source'"),
        (PURCHASE % "source: x, likelihood: 5%", "likelihood: '%' is not a unit here; possible: %/yr"),
        ("draws: 0\n", "draws: must be at least 1"),
        ("draws: 1.5\n", "draws: must be a whole number"),
        ("sampler: sobool\n", "did you mean 'sobol'?"),
        ("evnts: {}\n", "evnts: no such section; did you mean 'events'?"),
        ("world: nowhere\n", "world: 'nowhere' does not exist"),
        ("stockpiles: {USA: {tungstn: {target: 3 months}}}\n", "no such mineral 'tungstn'; did you mean 'tungsten'?"),
        ("minerals: {tungsten: {ap: {price: 3 USD/kg}}}\n", "no such stage 'ap'; did you mean 'apt'?"),
        ("minerals.tungsten.apt.supply.JMP.scale: 2\n", "there is no 'JMP'"),
        ("corridors: {c: {legs: {a: {mode: ship, service: 3 days}}}}\n", "mode: 'ship' is not one of its choices"),
        ("corridors: {c: {legs: {}}}\n", "legs: must not be empty"),
        ("corridors: {c: {legs: {a: {mode: rail, service: 1 days, servrs: 2}}}}\n", "a.servrs: no such field; did you"),
        ("scope: [5]\n", "3:9: scope.0: must be the name of a mineral, such as tungsten"),
        ("scope: tungstn\n", "3:8: scope: no such mineral 'tungstn'; did you mean 'tungsten'?"),
        ("sources: [a report, 5]\n", "3:21: sources.2: must be text"),
        ("sources: {usgs: 5}\n", "3:17: sources.usgs: must be text"),
        ("sources: 5\n", "sources: must be a list or a map of texts"),
        ("format: 2\ntitle: t\n", "format: must be at most 1"),
    ],
)
def test_a_mistake_is_told_in_one_line(faults: Callable[..., list[str]], text: str, words: str) -> None:
    found = faults(text)

    assert len(found) == 1, found
    assert words in found[0]


def test_a_deal_without_flow_has_no_volume(faults: Callable[..., list[str]]) -> None:
    found = faults("contracts: {c: {kind: no_flow, title: a railway, volume: 1 kt/yr}}\n")

    assert found == ["3:50: contracts.c.volume: no such field; there are title, source, note, kind, capex"]


def test_an_event_that_may_start_within_the_horizon_is_kept(read: Callable[..., Scenario]) -> None:
    drawn = "uncertain.events.h.starts: {dist: uniform, low: 2030-01, high: 2050-01}\n"

    assert read(BAN % ("2040-01", "") + drawn).events.keys() == {"h"}


def test_a_ban_without_importers_cuts_off_everyone_else(read: Callable[..., Scenario]) -> None:
    ban = read(BAN % ("2027-01", "")).events["h"]

    assert "CHN" not in ban.to  # type: ignore[attr-defined]
    assert {"USA", "ROW"} <= set(ban.to)  # type: ignore[attr-defined]


def test_others_are_all_who_are_not_named_on_the_other_side(read: Callable[..., Scenario]) -> None:
    text = "events: {h: {kind: tariff, product: '*', from: others, to: USA, rate: 25%, starts: 2027-01}}\n"
    tariff = read(text).events["h"]

    assert "USA" not in tariff.from_  # type: ignore[attr-defined]
    assert len(tariff.product) > 10  # type: ignore[attr-defined]


def test_a_shipped_corridor_can_be_closed(read: Callable[..., Scenario]) -> None:
    text = "events: {h: {kind: corridor_closure, corridor: trans_caspian, starts: 2027-01, lasts: 3 months}}\n"

    assert read(text).values["events.h.corridor"] == "trans_caspian"


def test_a_stockpile_holds_the_final_product_unless_told(read: Callable[..., Scenario]) -> None:
    scenario = read("stockpiles: {GBR: {tungsten: {target: 3 months}, uranium: {product: uranium.concentrate}}}\n")

    assert scenario.stockpiles["GBR.tungsten"].product == "tungsten.apt"
    assert scenario.stockpiles["GBR.uranium"].product == "uranium.concentrate"
    assert scenario.stockpiles["GBR.tungsten"].initial is None


def test_words_of_deals_rivals_and_funds_are_read(read: Callable[..., Scenario]) -> None:
    scenario = read(
        """\
horizon: {start: 2020-01, months: 120, report_from: 2026-01}
contracts: {c: {kind: option, product: copper.refined, from: KAZ, to: USA, volume: 1 kt/yr, starts: 2028-01}}
projects:
  mine: {product: copper.concentrate, region: KAZ, size: 1 kt/yr, starts: 2028-01, for: c}
  other: {product: copper.concentrate, region: CHL, size: 1 kt/yr, starts: 2028-01, independent: true}
events:
  rival: {kind: offer, product: copper.refined, from: KAZ, to: CHN, volume: 1 kt/yr, starts: 2028-01, against: c}
  fund: {kind: purchase, product: copper.refined, region: USA, volume: 9 kt, starts: 2027-01, returns: never}
  war: {kind: outage, product: copper.refined, region: ZMB, starts: 2028-01, likelihood: 5 %/yr, source: a survey}
"""
    )
    assert (scenario.start, scenario.report_from) == (12 * 2020, 12 * 2026)
    assert [project.independent for project in scenario.projects.values()] == [False, True]
    assert scenario.projects["mine"].for_ == ("c",)
    assert (scenario.events["rival"].against, scenario.events["fund"].returns) == ("c", None)  # type: ignore[attr-defined]
    assert scenario.values["events.war.likelihood"] == pytest.approx(0.05)
