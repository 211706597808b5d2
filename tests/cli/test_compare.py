"""`supplysim compare` as it is printed: what differs, by how much, and what cannot be compared draw by draw."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from supplysim.cli import cli
from supplysim.cli.terminal import digits

DEALS = """\
format: 1
title: Deals
scope: [antimony]
consumers: [USA]
horizon: {start: 2026-01, months: %s}
draws: 3
seed: %s
contracts:
  deal: {kind: take_or_pay, product: antimony.metal, from: TJK, to: USA, volume: %s kt/yr, starts: 2026-03}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A deal, a smaller one, that of another seed, and that over a shorter time."""
    where, made = tmp_path_factory.mktemp("deals"), {}
    for name, values in {"large": (18, 7, 3), "small": (18, 7, 2), "seed": (18, 9, 3), "short": (12, 7, 3)}.items():
        (where / f"{name}.yaml").write_text(DEALS % values, encoding="utf-8")
        words = ["run", str(where / f"{name}.yaml"), "--no-report", "--results", str(where / "out")]
        assert CliRunner().invoke(cli, words).exit_code == 0
        (made[name],) = (where / "out" / name).iterdir()
    return made


def _cells(line):
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_the_table_has_the_documents_numbers(supplysim, runs):
    words = ("compare", runs["large"], runs["small"], "--metric", "rival_share", "--product", "antimony.metal")
    (row,) = json.loads(supplysim(*words, "--json").stdout)["differences"]
    text = supplysim(*words).stdout
    (line,) = [line for line in text.splitlines() if "rival_share" in line]
    share, points = (lambda x: f"{digits(100 * x)} %"), (lambda x: digits(100 * x))
    low, high = row["difference"]["p5"], row["difference"]["p95"]
    assert _cells(line) == [
        "1", "USA", "antimony.metal", "rival_share", share(row["base_median"]), share(row["other_median"]),
        f"{points(row['median'])} points", f"{points(row['median_low'])} to {points(row['median_high'])} points",
        f"{points(low)} to {points(high)} points", "3", "0",
    ]  # fmt: skip
    assert row["median"] > 0, "less of the deal is more from rivals"
    assert _cells(text.splitlines()[5]) == ["contracts.deal.volume", "3000 t/yr", "2000 t/yr"]


def test_what_rounding_leaves_of_a_shortage_is_nought(supplysim, runs):
    text = supplysim("compare", runs["large"], runs["seed"]).stdout
    (line,) = [line for line in text.splitlines() if "short_t" in line and "antimony.metal" in line]
    assert _cells(line)[4:7] == ["0", "0", "0"]
    assert "e-" not in text


def test_a_run_beside_itself_differs_in_nothing(supplysim, runs):
    text = supplysim("compare", runs["large"], runs["large"], "--metric", "rival_share").stdout
    assert text.endswith("no input differs\n\n2 metrics the same in every draw: not shown\n")
    assert "95 % interval" not in text


def test_what_makes_runs_unequal_is_said(supplysim, runs):
    other = supplysim("compare", runs["large"], runs["seed"], "--metric", "rival_share").stdout
    assert other.endswith(
        "Runs of different seeds or samplers share no draws: their intervals are those of independent samples.\n"
    )
    short = supplysim("compare", runs["large"], runs["short"], "--metric", "rival_share").stdout
    assert "The runs count 12 to 18 months: what is summed over the horizon is not of equal times." in short


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--metric", "nope"), "no such metric 'nope'; there are bought_abroad_share"),
        (("--product", "antimony.metl"), "nothing is known of 'antimony.metl'; did you mean 'antimony.metal'?"),
        (("--region", "JPN"), "nothing is known of 'JPN'; there are USA"),
    ],
)
def test_what_no_run_knows_is_refused(supplysim, runs, words, said):
    assert said in supplysim("compare", runs["large"], runs["small"], *words, expect=2).stderr
