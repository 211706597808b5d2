"""What is drawn: priors of the world, unless a scenario fixes or redraws them; the later file and the narrower path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from supplysim.scenario import Scenario, load
from supplysim.scenario.distributions import Constant, Lognormal, Normal, Uniform

SIGMA = "minerals.tungsten.apt.trade.sigma"
EVENT = "events: {h: {kind: outage, product: tungsten.*, region: CHN, starts: 2027-03, lasts: 6 months}}\n"


def test_the_worlds_elasticities_are_drawn_unless_told_otherwise(read: Callable[..., Scenario]) -> None:
    scenario = read("")
    prior = scenario.uncertain[SIGMA]

    assert isinstance(prior, Lognormal)
    assert prior.central == scenario.values[SIGMA]
    assert scenario.uncertain_origins[SIGMA].kind == "world"


def test_a_fixed_value_is_not_drawn(read: Callable[..., Scenario]) -> None:
    assert SIGMA not in read(f"set: {{{SIGMA}: 3}}\n").uncertain
    assert SIGMA not in read("", f"{SIGMA}=3").uncertain
    assert SIGMA not in read(f"{SIGMA}: 3\n").uncertain


def test_scaling_a_drawn_value_scales_its_distribution(read: Callable[..., Scenario]) -> None:
    before, after = read(""), read(f"set: {{{SIGMA}: 0.5x}}\n")

    assert after.uncertain[SIGMA] == before.uncertain[SIGMA].scaled(0.5)
    assert after.values[SIGMA] == pytest.approx(0.5 * float(before.values[SIGMA]))
    assert read(f"set: {{{SIGMA}: 0.5x}}\n", f"{SIGMA}=2x").uncertain[SIGMA].central == pytest.approx(
        before.values[SIGMA]
    )


def test_the_narrower_path_holds(read: Callable[..., Scenario]) -> None:
    scenario = read(
        f"""uncertain:
  minerals.*.*.trade.sigma: {{dist: uniform, low: 1, high: 2}}
  minerals.tungsten.*.trade.sigma: {{dist: uniform, low: 3, high: 4}}
  {SIGMA}: {{dist: constant, value: 9}}
"""
    )
    assert scenario.uncertain["minerals.copper.refined.trade.sigma"] == Uniform(1.0, 2.0)
    assert scenario.uncertain["minerals.tungsten.concentrate.trade.sigma"] == Uniform(3.0, 4.0)
    assert scenario.uncertain[SIGMA] == Constant(9.0)


def test_two_equally_narrow_paths_are_a_contradiction(faults: Callable[..., list[str]]) -> None:
    found = faults(
        """uncertain:
  minerals.tungsten.*.trade.sigma: {dist: uniform, low: 3, high: 4}
  minerals.*.apt.trade.sigma: {dist: uniform, low: 1, high: 2}
"""
    )
    assert len(found) == 1
    assert found[0].startswith(
        "5:31: uncertain.minerals.*.apt.trade.sigma: and minerals.tungsten.*.trade.sigma (line 4)"
    )


def test_a_child_fixes_or_redraws_what_its_parent_draws(write: Callable[..., Path]) -> None:
    write(f"{EVENT}uncertain.events.h.starts: {{dist: uniform, low: 2027-01, high: 2028-01}}\n", "base.yaml")
    fixed = load(write("extends: base.yaml\nset: {events.h.starts: 2027-06}\n"))
    redrawn = load(write("extends: base.yaml\nuncertain.events.*.starts: {dist: constant, value: 2029-01}\n"))

    assert "events.h.starts" not in fixed.uncertain
    assert redrawn.uncertain["events.h.starts"] == Constant(12.0 * 2029)


def test_a_childs_distribution_replaces_its_parents_whole(write: Callable[..., Path]) -> None:
    """Were the maps merged, the upper end would be cut at the parent's."""
    drawn = "uncertain.events.h.starts: {{dist: {}}}\n"
    write(EVENT + drawn.format("normal, mean: 2027-06, sd: 2 months, low: 2027-01, high: 2027-12"), "base.yaml")
    child = load(write("extends: base.yaml\n" + drawn.format("normal, mean: 2030-01, sd: 1 years")))

    assert child.uncertain["events.h.starts"] == Normal(12.0 * 2030, 12.0)


def test_within_one_file_the_plain_value_stands_where_nothing_is_drawn(read: Callable[..., Scenario]) -> None:
    scenario = read(f"{EVENT}uncertain.events.h.starts: {{dist: uniform, low: 2027-01, high: 2028-01}}\n")

    assert scenario.values["events.h.starts"] == 12 * 2027 + 2
    assert scenario.uncertain["events.h.starts"] == Uniform(12.0 * 2027, 12.0 * 2028)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("uncertain.minerals.tungsten.apt.trade.sgma: {dist: constant, value: 2}", "did you mean 'sigma'"),
        ("uncertain.events.h.starts: 2027-01", "must be a distribution"),
        ("uncertain.events.h.starts: {low: 2027-01, high: 2028-01}", "must be a distribution"),
        ("uncertain.events.h.region: {dist: constant, value: 1}", "cannot be drawn: it holds regions"),
        ("uncertain.draws: {dist: constant, value: 1}", "uncertain.draws: cannot be drawn: it is the same in"),
        (
            "corridors: {w: {legs: {a: {mode: sea, service: {dist: constant, value: 9 days}}}}}",
            "corridors.w.legs.a.service: corridors are the same in every draw; draw what a corridor_closure or",
        ),
        (
            "uncertain.model.demand_curvature: {dist: uniform, low: 0, high: 1}",
            "cannot be drawn: it is the same in every",
        ),
        ("model.new_links.at_once: {dist: uniform, low: 0, high: 1}", "model.new_links.at_once: cannot be drawn"),
        ("uncertain.minerals.tungsten.apt.trade.tenor: {dist: constant, value: 2 years}", "cannot be drawn: it is the"),
        (
            "uncertain.minerals.tungsten.apt.trade.CHN.USA.lead_time: {dist: constant, value: 2 months}",
            "lead times are the",
        ),
        ("uncertain.events.h.likelihood: {dist: constant, value: 5 %/yr}", "give one value, or several in a sweep"),
        ("uncertain.horizon.start: {dist: constant, value: 2027-01}", "cannot be drawn"),
        ("uncertain.events.h.starts: {dist: lognormal, p10: 2027-01, p90: 2028-01}", "a date cannot be lognormal"),
        ("uncertain.events.h.severity: {dist: uniform, low: 0.5, high: 1.5}", "draws must be at most 1"),
        ("uncertain: []", "must be a map of paths and distributions"),
    ],
)
def test_what_cannot_be_drawn_is_refused(faults: Callable[..., list[str]], text: str, words: str) -> None:
    found = faults(f"{EVENT}{text}\n")

    assert any(words in fault for fault in found), found


def test_a_bad_rule_for_many_paths_is_told_once(faults: Callable[..., list[str]]) -> None:
    found = faults("uncertain: {minerals.*.*.trade.sigma: {dist: lognormal, p10: 6, p90: 2}}\n")

    assert found == ["3:70: uncertain.minerals.*.*.trade.sigma.p90: 2 must exceed p10 (6, line 3)"]


def test_priors_of_every_mineral_can_be_scaled_as_sliders_do(read: Callable[..., Scenario]) -> None:
    """A factor of four on how easily suppliers are switched: the tail of a wide prior is no slip of the pen."""
    scenario = read("extends: baseline\n", "minerals.*.*.trade.sigma=4x", "minerals.*.*.supply.elasticity=2x")
    assert len([path for path in scenario.uncertain if path.endswith("trade.sigma")]) > 20
