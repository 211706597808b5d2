"""What the page asks for is bounded before any work is done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplysim.errors import InputError
from supplysim.web.asked import MOST_DRAWS, MOST_MONTHS, MOST_SETTINGS, read


def asked(**body: Any) -> bytes:
    return json.dumps({"scenario": "baseline", **body}).encode()


def test_a_plain_question() -> None:
    found = read(asked(settings={"events.halt.severity": "50%"}, draws=8, ticket=3))
    assert found.overrides == ("events.halt.severity=50%",)
    assert (found.draws, found.ticket, found.months) == (8, 3, 60)


def test_what_is_left_out_comes_first_then_whole_entities_then_their_fields() -> None:
    settings = {"events.e.severity": "9%", "events.e": "{kind: outage}", "consumers": "[USA]", "remove": "[events.a]"}
    found = read(asked(settings=settings))
    assert [text.partition("=")[0] for text in found.overrides] == [
        "remove", "events.e", "consumers", "events.e.severity",
    ]  # fmt: skip
    assert set(found.structure.settings) == {"remove", "events.e", "consumers"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"draws": MOST_DRAWS + 1}, "draws must be a whole number from 2"),
        ({"draws": True}, "draws must be"),
        ({"draws": 1e9}, "draws must be"),
        ({"months": MOST_MONTHS + 1}, "months must be"),
        ({"scenario": 7}, "scenario must be a text"),
        ({"scenario": "x" * 300}, "scenario must be a text"),
        ({"settings": []}, "settings must be a map"),
        ({"settings": {f"events.e{k}.severity": "1" for k in range(MOST_SETTINGS + 1)}}, "at most 64"),
        ({"settings": {"draws": "10000000"}}, "the page can change events, contracts"),
        ({"settings": {"horizon.months": "100000"}}, "the page can change"),
        ({"settings": {"world": "/etc"}}, "the page can change"),
        ({"settings": {"events.halt.severity": 0.5}}, "must be a text"),
        ({"settings": {"events.halt.severity": "1\nformat: 2"}}, "must be a text"),
        ({"settings": {"events.halt.severity": "9" * 200}}, "must be a text"),
        ({"settings": {"events.halt\n.severity": "1"}}, "the page can change"),
        ({"settings": {"events": "{}"}}, "the page can change"),
        ({"settings": {"remove.x": "[a]"}}, "the page can change"),
        ({"settings": {"events.e": "{" * 1_001}}, "must be a text of 1 to 1000"),
        ({"figures": ["plan"]}, "figures must be a list of prices, map"),
        ({"figures": "map"}, "figures must be a list"),
        ({"figures": [["map"]]}, "figures must be a list"),
        ({"against": []}, "against must be a map"),
        ({"against": {"scenario": "baseline", "draws": 9}}, "against must be a map"),
        ({"against": {"scenario": "baseline", "settings": {"seed": "1"}}}, "the page can change"),
        ({"client": "a b"}, "client must be a word"),
        ({"surprise": 1}, "has no field 'surprise'"),
    ],
)
def test_what_is_too_much_or_makes_no_sense_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        read(asked(**wrong))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"null", b"[" * 9000])
def test_what_is_no_question_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        read(body)


@given(st.binary(max_size=200) | st.dictionaries(st.text(max_size=12), st.none() | st.integers() | st.text(max_size=9)))
def test_anything_else_is_told_and_never_breaks(body: bytes | dict[str, Any]) -> None:
    with pytest.raises(InputError):
        read(body if isinstance(body, bytes) else json.dumps(body).encode())
