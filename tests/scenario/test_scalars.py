"""YAML 1.2 without surprises."""

from __future__ import annotations

import pytest

from supplysim.scenario.scalars import ScalarError, Value, read_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("yes", "yes"), ("off", "off"), ("1e5", 1e5), ("12:30", "12:30"), ("0282540", "0282540"),
        ("1_000", "1_000"), ("0x10", "0x10"), ("0o17", "0o17"), ("-3", -3), ("+0.5", 0.5), (".5", 0.5), ("true", True),
        ("null", None), ("~", None), ("", None), ("2027-03", "2027-03"), (".inf", ".inf"), ("nan", "nan"), ("٣", "٣"),
    ],
)  # fmt: skip
def test_a_plain_scalar_is_what_it_looks_like(text: str, value: Value) -> None:
    found = read_scalar(text, quoted=False)

    assert found == value
    assert type(found) is type(value)


def test_what_is_quoted_is_text() -> None:
    assert read_scalar("1e5", quoted=True) == "1e5"


def test_a_number_of_absurd_length_is_refused() -> None:
    with pytest.raises(ScalarError, match="5,000 characters"):
        read_scalar("1" * 5_000, quoted=False)
