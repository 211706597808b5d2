"""Where and how a mistake is told: at its own place, with everything else that is wrong, and in words that mend it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from supplysim.errors import InputError
from supplysim.scenario import Scenario, load
from supplysim.scenario.paths import MOST_PATHS

EVENT = """\
events:
  h:
    kind: outage
    product: copper.refined
    region: CHL
    starts: 2027-01
"""
IDLE = "events: {h: {kind: %s, product: copper.refined, starts: 2027-01, %s}}\n"


def test_all_faults_of_an_event_come_in_one_round_whatever_its_kind(faults: Callable[..., list[str]]) -> None:
    text = EVENT.replace("outage", "outag").replace("refined", "refind").replace("CHL", "CHX").replace("01\n", "13\n")
    found = faults(text + "    severity: 0,5\n    lasst: 3 months\n")
    assert [each.split(":")[0] for each in found] == ["5", "6", "7", "8", "9", "10"]
    assert "did you mean 'outage'?" in found[0]
    assert "write 0.5" in found[4]
    assert "did you mean 'lasts'?" in found[5]


def test_what_a_rule_for_the_whole_event_says_does_not_wait_for_a_field(faults: Callable[..., list[str]]) -> None:
    text = "events: {q: {kind: export_quota, product: copper.refined, from: CHL, starts: 2050-01, severity: 2}}\n"
    found = "\n".join(faults(text))
    assert "severity: must be at most 1" in found
    assert "needs either limit (t/yr) or cut (%)" in found


def test_a_misspelt_kind_is_told_on_its_own_line(faults: Callable[..., list[str]]) -> None:
    (found,) = faults(EVENT.replace("kind", "knid"))
    assert found == "5:5: events.h.knid: no such field; did you mean 'kind'?"


def test_a_kind_that_nobody_can_guess_hides_no_other_fault(faults: Callable[..., list[str]]) -> None:
    found = faults(EVENT.replace("outage", "zzz").replace("CHL", "CHX"))
    assert [each.split(":")[0] for each in found] == ["5", "7"]


def test_a_control_character_is_told_where_it_stands(faults: Callable[..., list[str]]) -> None:
    assert faults('question: "a\x07b"\n') == ["3:13: a control character (U+0007) is no text; take it out"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("folder.yaml", "s.yaml:3:10: extends: folder.yaml is a directory, not a scenario file"),
        ("latin.yaml", "latin.yaml:2:11: not UTF-8 text (byte 0xE9); save the file as UTF-8"),
        ("utf16.yaml", "s.yaml:3:10: extends: utf16.yaml is UTF-16 text; save it as UTF-8"),
        ("x" * 5000, "s.yaml:3:10: extends: a name of 5,000 bytes; at most 250"),
        ("\N{CJK UNIFIED IDEOGRAPH-91D1}" * 90, "s.yaml:3:10: extends: a name of 270 bytes; at most 250"),
    ],
)
def test_a_parent_that_cannot_be_read_is_told_where_it_can_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"format: 1\ntitle: caf\xe9\n")
    (tmp_path / "utf16.yaml").write_bytes("format: 1\ntitle: b\n".encode("utf-16"))
    Path("s.yaml").write_text(f"format: 1\ntitle: a\nextends: {name}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load("s.yaml")
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (EVENT + "    lasts: 0 months\n", "9:12: events.h.lasts: 0 months is no time, so the event never happens"),
        (EVENT + "    severity: 0%\n", "9:15: events.h.severity: 0% is no part of it"),
        (IDLE % ("tariff", "from: CHL, to: USA, rate: 0.0 %"), "3:96: events.h.rate: 0.0 % is no duty or cost"),
        (IDLE % ("recycling", "region: USA, volume: 0 t/yr"), "events.h.volume: 0 t/yr is nothing to deliver"),
        (
            IDLE % ("tariff", "from: CHL, to: USA, rate: 20 %, announced: 3 months"),
            "3:113: events.h.announced: nobody stocks up at the news of a tariff, so when it is announced changes",
        ),
    ],
)
def test_a_value_that_does_nothing_is_told_and_runs(read: Callable[..., Scenario], text: str, words: str) -> None:
    (note,) = read(text).notices
    assert words in str(note)


def test_a_zero_that_a_sweep_or_nature_sets_is_a_choice(read: Callable[..., Scenario]) -> None:
    text = EVENT + "    severity: 0%\n    lasts: {dist: uniform, low: 0 months, high: 5 months}\n"
    assert not read(text + "sweep: {how: {events.h.severity: [0%, 50%]}}\n").notices


def test_a_stockpile_that_buys_dear_and_sells_cheap_is_a_mistake(faults: Callable[..., list[str]]) -> None:
    (found,) = faults("stockpiles: {USA: {copper: {target: 3 months, refill_below: 2}}}\n")
    assert found.startswith("3:61: stockpiles.USA.copper.refill_below: the stockpile refills below 2 times")


def test_a_pattern_stands_for_so_many_values_and_no_more(read: Callable[..., Scenario]) -> None:
    """Counted, not timed: a pattern for everything is refused before anything is laid over anything."""
    patterns = "".join(f"  minerals.*.*.{'*' * (k + 1)}.*.*: 2x\n" for k in range(12))
    with pytest.raises(InputError, match=f"stands for too many values .{MOST_PATHS:,} in one file"):
        read("extends: baseline\nset:\n" + patterns)


@pytest.mark.parametrize("world", ["/", "/proc", "s.yaml", "nowhere", "."])
def test_a_world_that_is_none_is_refused_with_the_reason(write: Callable[..., Path], world: str) -> None:
    with pytest.raises(InputError, match=r":3:8: world: '.+' (is no world|is a file|does not exist)"):
        load(write(f"world: {world}\n"))


def test_a_sweep_over_worlds_is_refused(faults: Callable[..., list[str]]) -> None:
    (found,) = faults("sweep: {w: {world: [a, b]}}\n")
    assert "sweep.w.world: a world is chosen by a file's own line" in found


def test_a_number_with_a_comma_is_told_how_to_write_it(faults: Callable[..., list[str]]) -> None:
    (found,) = faults(EVENT + "    announced: 1,000 days\n")
    assert "write 1.000 days or 1000 days" in found
