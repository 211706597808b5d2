"""The question what to sign, build or store: each fault of it is told where it stands, in words that mend it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from supplysim.scenario import Scenario

OPTIONS = (
    "a: {set: {model.growth: [on, off]}, cost: [0 USD, 1 m USD]}, "
    "b: {set: {model.investment: [off, on]}, cost: [0 USD, 2 USD]}"
)
CHOOSE = "choose: {budget: 1 bn USD, options: {" + OPTIONS + "}%s}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("choose: 5\n", "3:9: choose: must be a map of for, budget, discount, protect, options, rules"),
        ("choose: {budget: 1 bn USD}\n", "3:9: choose: needs 'options': a map of at least one option"),
        ("choose: {budget: 1 bn USD, options: []}\n", "3:37: choose: needs 'options': a map of at least one option"),
        ("choose: {budget: 1 bn USD, options: {a: 5}}\n", "3:41: choose.options.a: an option is {set: {path: ["),
        ("choose: {budget: 1 bn USD, options: {a: {title: x}}}\n", "3:41: choose.options.a: needs 'set': paths, each"),
        ("choose: {budget: 1 bn USD, options: {a: {set: 5}}}\n", "3:42: choose.options.a.set: an axis is a map of"),
        (CHOOSE.replace("1 bn USD", "[]") % "", "3:9: choose: needs 'budget': one sum of money, or a list of them"),
        (CHOOSE.replace("1 bn USD", "-1 bn USD") % "", "3:18: choose.budget: a budget is not below 0"),
        (CHOOSE.replace("1 m USD", "1 m USD/yr, 1 USD").replace("on, off", "on, off, on") % "", "levels once (USD)"),
        (CHOOSE % ", discount: 5", "choose.discount: the number 5 needs a unit: %/yr"),
        (CHOOSE % ", discount: 100 %/yr", "choose.discount: must lie between 0 and 100 %/yr"),
        (CHOOSE % ", discount: [1 %/yr, 2 %/yr]", "choose.discount: must be a number with a unit (%/yr), not a list"),
        (CHOOSE % ", protect: mean", "choose.protect: must be {loss: short_usd, in: worst 5 %}"),
        (CHOOSE % ", rules: a excludes c", "choose.rules: no such option 'c'; there are a, b"),
        (CHOOSE % ", rules: a needs a", "choose.rules: 'a needs a' is no rule between options; write 'a needs b'"),
        (CHOOSE % ", rules: ['at most 2 of []']", "'at most 2 of []' is no rule between options"),
        (CHOOSE % ", rules: ['at least 3 of [a, b]']", "'at least 3 of [a, b]' is no rule between options"),
    ],
)
def test_a_fault_of_the_question_is_told_once_where_it_is(
    faults: Callable[..., list[str]], text: str, words: str
) -> None:
    (found,) = faults(text)

    assert words in found


def test_what_is_not_said_has_its_default(read: Callable[..., Scenario]) -> None:
    plain, asked = read(CHOOSE % "").choose, read(CHOOSE % ", protect: {loss: short_usd}, discount: 0 %/yr").choose

    assert plain
    assert asked
    assert (plain.measure, plain.discount, asked.measure, asked.discount) == ("worst 5 %", 0.05, "worst 5 %", 0.0)


@pytest.mark.parametrize(
    ("rule", "taken", "holds"),
    [
        ("a needs b", {"a"}, False),
        ("a needs b", {"a", "b"}, True),
        ("a excludes b", {"a"}, True),
        ("a excludes b", {"a", "b"}, False),
        ("at most 1 of [a, b]", {"a", "b"}, False),
        ("at least 1 of [a, b]", set(), False),
        ("at least 1 of [a, b]", {"b"}, True),
    ],
)
def test_a_rule_allows_what_its_words_say(
    read: Callable[..., Scenario], rule: str, taken: set[str], *, holds: bool
) -> None:
    choose = read(CHOOSE % f", rules: ['{rule}']").choose
    assert choose
    (bound,) = choose.rules

    assert (sum(value for name, value in bound.coefficients.items() if name in taken) <= bound.most) is holds
