"""Every value knows where it stands; dotted keys and nested maps mean the same; nothing is written twice."""

from __future__ import annotations

from collections.abc import Callable

from supplysim.scenario import Scenario, digest
from supplysim.scenario.nodes import get
from supplysim.scenario.places import Document, Report
from supplysim.scenario.reader import read_text


def test_dotted_keys_and_nested_maps_mean_the_same(read: Callable[..., Scenario]) -> None:
    nested = read("model: {habit: {learning: 1 %/month}, growth: off}\n")
    dotted = read("model.habit.learning: 1 %/month\nmodel.growth: off\n")
    mixed = read("model.growth: off\nmodel: {habit.learning: 1 %/month}\n")

    assert digest(nested) == digest(dotted) == digest(mixed)
    assert nested.values["model.habit.learning"] == 0.01


def test_a_value_knows_its_line_and_column() -> None:
    tree = read_text(Document("f.yaml", "events:\n  halt: {kind: outage}\n"), Report())
    assert tree is not None
    entry = get(tree, ("events", "halt", "kind"))

    assert entry is not None
    assert str(entry.place) == "f.yaml:2:10"
    assert str(entry.node.place) == "f.yaml:2:16"


def test_what_is_written_twice_is_refused(faults: Callable[..., list[str]]) -> None:
    assert faults("draws: 5\ndraws: 6\n") == ["4:1: draws: is written twice, first in line 3"]
    assert faults("model: {growth: on}\nmodel: {growth: off}\n") == ["4:1: model: is written twice, first in line 3"]
    assert faults("model.growth: on\nmodel: {growth: off}\n")[0].startswith("4:9: model.growth: is written twice")
    assert faults("model: {growth: on}\nmodel.growth: off\n")[0].startswith("4:1: model.growth: is written twice")
    assert faults("model.growth: on\nmodel: off\n") == ["4:1: model: is written twice, first in line 3"]
    assert faults("model: {habit: {}}\nmodel.habit: 3\n")[0].startswith("4:1: model.habit: is written twice")


def test_norway_is_a_key(faults: Callable[..., list[str]]) -> None:
    assert "no such region 'NO'" in faults("rivals: [NO]\n")[0]


def test_sources_may_have_dots_in_their_names(read: Callable[..., Scenario]) -> None:
    assert read("sources: {usgs.gov: Mineral Commodity Summaries}\n").sources == {
        "usgs.gov": "Mineral Commodity Summaries"
    }


def test_sources_may_be_a_list(read: Callable[..., Scenario]) -> None:
    assert read("sources: [USGS, a survey]\n").sources == {"1": "USGS", "2": "a survey"}


def test_a_byte_order_mark_is_no_part_of_the_first_key(
    write: Callable[..., object], read: Callable[..., Scenario]
) -> None:
    assert read("\ufeffformat: 1\ntitle: t\n").title == "t"
