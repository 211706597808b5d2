"""What to buy against a halt: the search equals brute force, costs are what they say, and work is never lost."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from supplysim.batch.engine import engine_for
from supplysim.decisions.cost import annuity, present
from supplysim.decisions.ledger import Evaluation, Ledger
from supplysim.decisions.optimise import Effort, Site, Worker, optimised, question_of, verified
from supplysim.decisions.risk import measured
from supplysim.errors import InputError
from supplysim.report.decisions.optimise import optimise_page
from supplysim.report.decisions.parts import percent
from supplysim.report.numbers import amount
from supplysim.scenario import load, to_yaml

ENGINE = engine_for("auto")
HALT = """\
format: 1
title: A halt of tungsten
question: What should one sign, build or store?
extends: baseline
scope: [tungsten]
horizon: {start: 2026-01, months: 24}
events:
  halt: {kind: export_ban, product: "tungsten.*", from: CHN, starts: 2026-06, lasts: 12 months}
projects:
  mine: {product: tungsten.concentrate, region: KAZ, size: 4 kt/yr, starts: 2026-06, ramp: 6 months, realised: 0.0}
  plant: {product: tungsten.apt, region: KAZ, size: 4 kt/yr, starts: 2026-06, ramp: 6 months, realised: 0.0}
draws: 40
"""
CHOOSE = """\
choose:
  for: [USA, EU27]
  budget: [0 USD, 100 m USD, 400 m USD]
  protect: {loss: short_usd, in: worst 5 %}
  options:
    eu-stock: {set: {stockpiles.EU27.tungsten.target: [0 months, 3 months]}}
    mine: {set: {projects.mine.realised: [0, 1]}, cost: [0 USD, 90 m USD]}
    plant: {title: A plant, set: {projects.plant.realised: [0, 1]}, cost: [0 USD, 5 m USD/yr], source: an assumption}
  rules: [mine needs plant]
"""


@pytest.fixture(scope="module")
def halt(tmp_path_factory):
    """The scenario with its question."""
    path = tmp_path_factory.mktemp("halt") / "halt.yaml"
    path.write_text(HALT + CHOOSE, encoding="utf-8")
    return load(path)


@pytest.fixture(scope="module")
def answered(halt, tmp_path_factory):
    """The answer and where its evaluations lie."""
    folder = tmp_path_factory.mktemp("answer")
    return optimised(halt, question_of(halt), Effort(40), folder=folder, engine=ENGINE), folder


def test_the_answer_is_the_best_there_is(halt, answered):
    found, _ = answered
    worker = Worker(Site(halt, halt.choose, 40, ENGINE))
    for answer in found.answers:
        losses = {
            x: measured(worker.evaluation((0, x)).loss, "worst 5 %")
            for x in product((0, 1), repeat=3)
            if (answer.best.budget > 0 or not any(x)) and x[1] <= x[2]
            and sum(max(found.costs[o][level], 0.0) for o, level in enumerate(x)) <= answer.best.budget
        }  # fmt: skip
        assert answer.best.loss == pytest.approx(min(losses.values()), rel=1e-9)


def test_more_money_never_hurts_and_none_buys_nothing(answered):
    found, _ = answered
    losses = [answer.best.loss for answer in found.answers]
    assert losses == sorted(losses, reverse=True)
    assert found.answers[0].best.levels == (0, 0, 0)
    assert found.answers[0].best.loss == found.nothing
    assert found.answers[-1].steps
    assert all(answer.low <= answer.best.loss <= answer.high for answer in found.answers)


def test_steps_lead_from_nothing_to_the_answer(answered):
    answer = answered[0].answers[-1]
    assert answer.steps[0].loss_before == pytest.approx(answered[0].nothing)
    assert answer.steps[-1].loss_after == pytest.approx(answer.best.loss)
    for before, after in zip(answer.steps, answer.steps[1:], strict=False):
        assert before.loss_after == after.loss_before


def test_what_was_simulated_is_read_again_and_can_be_verified(halt, answered):
    found, folder = answered
    before = (folder / "evaluations.log").read_bytes()
    again = optimised(halt, question_of(halt), Effort(40), folder=folder, engine=ENGINE)
    assert (folder / "evaluations.log").read_bytes() == before
    assert again.answers == found.answers
    assert all(same for _, same in verified(halt, halt.choose, Effort(40), folder, 2, ENGINE))


def test_a_damaged_line_counts_as_not_there(tmp_path):
    ledger = Ledger(tmp_path / "log")
    for k in range(3):
        ledger.add((0, (k,)), Evaluation(np.array([1.0 / 3.0, k]), np.zeros(2), {"contracts.a": 0.1}))
    whole = (tmp_path / "log").read_bytes()
    (tmp_path / "log").write_bytes(whole[:90] + bytes([whole[90] ^ 1]) + whole[91:-7])
    left = Ledger(tmp_path / "log")
    assert list(left.known) == [(0, (1,))]
    assert left.damaged == 2
    left.add((0, (2,)), ledger.known[0, (2,)])
    assert set(Ledger(tmp_path / "log").known) == {(0, (1,)), (0, (2,))}
    assert Ledger(tmp_path / "log").known[0, (1,)].loss[0] == 1.0 / 3.0


def test_a_sum_a_year_is_worth_its_annuity(answered):
    found, _ = answered
    assert found.costs[2][1] == pytest.approx(5e6 * annuity(24, 0.05))
    assert present(13, 0.05)[12] == pytest.approx(1 / 1.05)
    assert annuity(12, 0.0) == pytest.approx(1.0)


def test_a_stock_costs_what_it_is_bought_for_less_what_it_is_worth(halt):
    """Without any event, a stock held from the start to the end costs the interest on it."""
    calm = load(halt.path, ["events.halt.probability=0", "model.growth=off"])
    worker = Worker(Site(calm, calm.choose, 40, ENGINE))
    held = worker.evaluation((0, (1, 0, 0))).costs["stockpiles.EU27.tungsten.apt"]
    none = worker.evaluation((0, (0, 0, 0))).costs["stockpiles.EU27.tungsten.apt"]
    from supplysim.world import load as load_world

    market = load_world().base["tungsten.apt"]
    tonnes = 3 / 12 * sum(b.requirement for b in market.buyers if b.region == "EU27")
    assert none == pytest.approx(0.0, abs=1e-6)
    assert held == pytest.approx(tonnes * market.product.price * (1 - 1.05 ** (-23 / 12)), rel=1e-6)


def test_the_command_prints_one_document_and_a_plan_before_it(supplysim, halt):
    words = ("optimise", halt.path, "--draws", "40", "--json")
    said = json.loads(supplysim(*words).stdout)
    assert {"frontier", "choice", "alternatives"} <= set(said)
    assert {"budget", "loss", "fresh", "lo", "hi"} <= set(said["frontier"][0])
    plan = json.loads(supplysim("optimise", halt.path, "--plan", "--json").stdout)
    assert (plan["options"], plan["portfolios"]) == (3, 8)


def test_the_printed_answer_is_the_documents(supplysim, halt):
    """Read as tables of their own: a row for each budget, a row for each option taken."""
    words = ("optimise", halt.path, "--budget", "0 USD, 100 m USD")
    said = json.loads(supplysim(*words, "--json").stdout)
    _, frontier, choice = supplysim(*words).stdout.rpartition("\n8 portfolios")[0].split("\n\n")
    rows = [line.split("  ") for line in frontier.splitlines()[1:]]
    assert [row[0] for row in rows] == [amount(each["budget"], "USD") for each in said["frontier"]]
    assert [row[-1].strip() for row in rows] == [percent(each["same_in_bootstraps"]) for each in said["frontier"]]
    for line, step in zip(choice.splitlines()[1:], said["choice"], strict=True):
        cells = [cell.strip() for cell in line.split("  ") if cell.strip()]
        assert cells[:4] == [
            amount(step["budget"], "USD"),
            step["option"],
            step["level"],
            amount(step["cost_usd"], "USD"),
        ]
        assert cells[4] == amount(step["loss_before"] - step["loss_after"], "USD")


def test_portfolios_nearly_as_good_are_listed_with_what_all_hold(answered):
    found = answered[0]
    last = found.answers[-1]
    assert last.best.levels == (1, 1, 1)
    with_other = replace(last, alternatives=(((1, 0, 1), 1.02 * last.best.loss),))
    page = optimise_page(replace(found, answers=(*found.answers[:-1], with_other))).replace("&nbsp;", " ")
    section = page[page.index("Others nearly as good") :]
    assert "2 portfolios of 400 m USD are within 5 % of the best; all hold eu-stock and A plant." in section
    assert amount(1.02 * last.best.loss, "USD") in section
    assert "eu-stock (3 months); A plant (1)" in section
    apart = replace(last, alternatives=(((0, 0, 0), 1.04 * last.best.loss),))
    page = optimise_page(replace(found, answers=(*found.answers[:-1], apart))).replace("&nbsp;", " ")
    assert "are within 5 % of the best; no option is in all." in page
    assert "Others nearly as good" not in optimise_page(found)


def test_a_budget_of_nothing_buys_nothing_and_prints_no_empty_table(supplysim, halt):
    text = supplysim("optimise", halt.path, "--budget", "0 USD").stdout
    assert text.startswith("Nothing that 0 USD buys lowers the mean loss of the worst 5 % of futures for the United")
    assert "loss left" in text
    assert "loss avoided" not in text


def test_a_plan_counts_no_more_portfolios_than_there_are(supplysim, halt):
    plan = json.loads(supplysim("optimise", halt.path, "--plan", "--json").stdout)
    assert plan["least"] <= plan["most"] <= plan["portfolios"]
    assert supplysim("optimise", halt.path, "--plan").stdout == (
        "3 options, 8 portfolios in all. At least 8 and at most 8 of them are simulated, over 40 draws each.\n"
    )


@pytest.mark.parametrize(("budget", "said"), [
    ("-5 m USD", "--budget: a budget is not below 0"),
    ("5 apples", "--budget: 'apples' is not a unit here; possible: USD, m USD, bn USD"),
])  # fmt: skip
def test_a_budget_that_is_none_is_refused(supplysim, halt, budget, said):
    assert said in supplysim("optimise", halt.path, "--budget", budget, expect=2).stderr


def test_verifying_tells_what_came_out_otherwise(supplysim, halt, tmp_path):
    results = ("--results", tmp_path / "out")
    assert "has no evaluations" in supplysim("optimise", halt.path, *results, "--verify", "2", expect=2).stderr
    supplysim("optimise", halt.path, *results, "--budget", "0 USD", "--json")
    (log,) = (tmp_path / "out").glob("halt/*/evaluations.log")
    ledger = Ledger(log)
    name = (0, (0, 0, 0))
    wrong = replace(ledger.known[name], loss=ledger.known[name].loss + 1.0)
    log.unlink()
    Ledger(log).add(name, wrong)
    words = ("optimise", halt.path, *results, "--budget", "0 USD", "--verify", "2")
    assert supplysim(*words, expect=1).stdout == "0 of 1 portfolios came out the same\n"
    assert json.loads(supplysim(*words, "--json", expect=1).stdout) == {
        "same": 0, "of": 1, "portfolios": [{"first": 0, "levels": [0, 0, 0], "same": False}],
    }  # fmt: skip


def test_a_scenario_that_asks_nothing_is_told(supplysim):
    said = supplysim("optimise", "baseline", expect=2).stderr
    assert "baseline asks nothing: it has no 'choose:' section with options and a budget" in said


def test_a_contract_with_a_floor_costs_what_is_paid_above_the_price(halt):
    """By hand: each month the floor less the price, times what flows, at what a dollar of that month is worth."""
    deal = ("contracts.deal={kind: take_or_pay, product: tungsten.apt, from: KOR, to: USA, volume: 120 t/yr, "
            "starts: 2026-01, price: {floor: 90000 USD/t}}")  # fmt: skip
    calm = load(halt.path, ["events.halt.probability=0", "model.growth=off", deal])
    worker = Worker(Site(calm, calm.choose, 40, ENGINE))
    paid = worker.evaluation((0, (0, 0, 0))).costs["contracts.deal"]
    from supplysim.world import load as load_world

    price = load_world().base["tungsten.apt"].product.price
    expected = (120 / 12) * (90_000 - price) * present(24, 0.05).sum()
    assert paid == pytest.approx(expected, rel=0.05)


def test_the_folder_holds_what_the_document_says(supplysim, halt, tmp_path):
    said = json.loads(supplysim("optimise", halt.path, "--results", tmp_path / "out", "--json").stdout)
    (folder,) = (tmp_path / "out" / "halt").iterdir()
    frontier = pd.read_csv(folder / "frontier.csv")
    assert frontier["loss"].tolist() == pytest.approx([row["loss"] for row in said["frontier"]])
    choice = pd.read_csv(folder / "choice.csv")
    assert {"option", "level", "cost_usd", "usd_per_avoided_t", "kept_in_bootstraps", "rule"} <= set(choice)
    assert len(pd.read_parquet(folder / "evaluations.parquet")) % 40 == 0
    assert "What should one sign, build or store?" in (folder / "optimise.html").read_text(encoding="utf-8")
    assert (
        "came out the same" in supplysim("optimise", halt.path, "--results", tmp_path / "out", "--verify", "1").stdout
    )


def test_the_question_survives_being_written_out(halt, tmp_path):
    (tmp_path / "again.yaml").write_text(to_yaml(halt), encoding="utf-8")
    again = load(tmp_path / "again.yaml")
    assert again.choose is not None
    assert [option.costs for option in again.choose.options] == [option.costs for option in halt.choose.options]


@pytest.mark.parametrize(("old", "new", "said"), [
    ("eu-stock: {set: {stockpiles.EU27", "twice: {set: {projects.mine.realised: [0, 1]}, cost: [0 USD, 1 USD]}\n"
     "    eu-stock: {set: {stockpiles.EU27", "is set by the option 'twice' too"),
    ("mine needs plant", "mine needs plnt", "did you mean 'plant'"),
    ("mine needs plant", "mine likes plant", "is no rule"),
    ("[0 USD, 90 m USD]", "[0 USD, 90 m USD, 1 USD]", "has 3 values, but there are 2 levels"),
    ("[0 USD, 90 m USD]", "[1 USD, 90 m USD]", "costs nothing"),
    ("worst 5 %", "worst 6 %", "is not one of"),
    ("for: [USA, EU27]", "for: [USB]", "no such region 'USB'"),
    ("budget:", "bugdet:", "did you mean 'budget'"),
    ("100 m USD, 400", "100, 400", "needs a unit"),
    ("stockpiles.EU27.tungsten.target", "stockpiles.EU27.tungsten.taget", "did you mean 'target'"),
    ("[0, 1]}, cost: [0 USD, 90", "[0]}, cost: [0 USD, 90", "has one level"),
    ("400 m USD]", "100 m USD]", "is there twice"),
    ("400 m USD]", "1e16 USD]", "is more than there is"),
    ("stockpiles.EU27.tungsten.target: [0 months, 3 months]", "draws: [8, 16]", "draws says how a scenario is run"),
])  # fmt: skip
def test_a_question_with_a_fault_is_told_with_its_place(tmp_path, old, new, said):
    path = tmp_path / "halt.yaml"
    path.write_text((HALT + CHOOSE).replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=said) as told:
        load(path)
    assert f"{path.name}:" in str(told.value)  # whether the folder is told from the root depends on where this stands


def test_a_budget_that_buys_nothing_is_told(tmp_path):
    path = tmp_path / "halt.yaml"
    text = (HALT + CHOOSE).replace("    eu-stock: {set: {stockpiles.EU27.tungsten.target: [0 months, 3 months]}}\n", "")
    path.write_text(
        text.replace("5 m USD/yr", "5 m USD").replace("[0 USD, 100 m USD", "[1 USD, 100 m USD"), encoding="utf-8"
    )
    with pytest.raises(InputError, match="below the cheapest option"):
        load(path)


@pytest.mark.parametrize(("text", "said"), [
    ("", "is not a number with a unit"), ("5 m USD,", "is not a number with a unit"), ("-5 m USD", "not below 0"),
    ("1e300 USD", "more than there is"), ("5 m USD, 5000000 USD", "there twice"), ("nan USD", "is not a number"),
])  # fmt: skip
def test_budgets_that_are_typed_are_held_to_the_same_rules(supplysim, text, said):
    Path("halt.yaml").write_text(HALT + CHOOSE, encoding="utf-8")
    assert said in supplysim("optimise", "halt.yaml", "--budget", text, "--plan", expect=2).stderr


def test_a_folder_that_cannot_be_written_is_said_in_one_line(supplysim):
    Path("halt.yaml").write_text(HALT + CHOOSE, encoding="utf-8")
    Path("file").write_text("", encoding="utf-8")
    words = ("optimise", "halt.yaml", "--draws", "40", "--most", "10", "--set", "horizon.months=12")
    assert "cannot write file/out/halt/" in supplysim(*words, "--results", "file/out", expect=2).stderr


@pytest.mark.parametrize(("change", "said"), [
    ({"draws": 10}, "too few"), ({"rules": "at most 0 of [mine, plant, eu-stock]"}, "exclude every choice"),
    ({"level": "[0 months, 3 tonnes]"}, "not a unit"), ({"cost": ""}, "needs a cost"),
])  # fmt: skip
def test_what_cannot_be_answered_is_told_before_anything_is_simulated(tmp_path, change, said):
    path = tmp_path / "halt.yaml"
    text = HALT + CHOOSE
    text = text.replace("mine needs plant", f'"{change["rules"]}"') if "rules" in change else text
    text = text.replace("[0 months, 3 months]", change["level"]) if "level" in change else text
    text = text.replace(", cost: [0 USD, 90 m USD]", "") if "cost" in change else text
    path.write_text(text, encoding="utf-8")
    scenario = load(path)
    with pytest.raises(InputError, match=said):
        optimised(scenario, question_of(scenario), Effort(change.get("draws", 40)))
