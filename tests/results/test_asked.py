"""A metric is found by its words, a condition by its sign, and a misspelt part is told."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.errors import InputError
from supplysim.results.asked import find_key, read_condition
from supplysim.results.metrics import Key

KEYS = [
    Key("unmet_demand_share", "tungsten.apt", "USA"),
    Key("unmet_demand_share", "tungsten.apt", "JPN"),
    Key("peak_price_multiple", "tungsten.apt", "USA"),
    Key("durability", "tungsten.apt", "USA", "cove-us"),
]


def test_a_metric_is_found_by_its_words_in_any_order():
    assert find_key("unmet_demand_share tungsten.apt USA", KEYS) == KEYS[0]
    assert find_key("JPN unmet_demand_share", KEYS) == KEYS[1]
    assert find_key("durability", KEYS) == KEYS[3]
    assert find_key("unmet_demand_share|tungsten.apt|JPN", KEYS) == KEYS[1]


def test_what_may_mean_several_says_what_is_open():
    with pytest.raises(InputError, match="say which region: JPN, USA"):
        find_key("unmet_demand_share", KEYS)


def test_a_misspelt_word_is_told_with_its_neighbour():
    with pytest.raises(InputError, match="did you mean 'peak_price_multiple'"):
        find_key("peak_price tungsten.apt USA", KEYS)


@pytest.mark.parametrize(("text", "value", "holds"), [
    ("unmet_demand_share USA > 10 %", 0.1, [False, False, True]),
    ("unmet_demand_share USA >= 0.1", 0.1, [False, True, True]),
    ("peak_price_multiple <= 0.1 x", 0.1, [True, True, False]),
])  # fmt: skip
def test_a_condition_compares_in_base_units(text, value, holds):
    found = read_condition(text, KEYS)
    assert found.value == value
    assert found.holds(np.array([0.05, 0.1, np.inf])).tolist() == holds


@pytest.mark.parametrize(("text", "words"), [
    ("unmet_demand_share USA", "is no condition"),
    ("unmet_demand_share USA > 3 t", "is given in"),
    ("unmet_demand_share USA > much", "is given in"),
])  # fmt: skip
def test_what_is_no_condition_is_told(text, words):
    with pytest.raises(InputError, match=words):
        read_condition(text, KEYS)
