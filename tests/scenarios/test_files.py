"""What every shipped file keeps: it is accepted, says what it asks, and where each of its claims comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from supplysim.assembly import Inputs, assemble
from supplysim.batch.plan import plan_of
from supplysim.batch.sampling import sample
from supplysim.scenario import Scenario
from supplysim.world import load as load_world

FOLDER = Path(__file__).parents[2] / "scenarios"
Shipped = Callable[[str], Scenario]
SHIPPED = {
    "baseline", "c5-contracts", "china-ree-halt", "china-ree-halt-with-c5", "kazakhstan-uranium-outage",
    "c5-support-withdrawn", "russia-corridor-closed", "us-ban-russian-enriched-uranium", "china-ree-licensing-2025",
    "china-antimony-tungsten-controls", "kazatomprom-guidance-cut", "tajik-antimony-uzbek-copper", "two-bloc-world",
    "reactor-demand-surge", "stockpile-six-months", "all-c5-deals-realised", "no-c5-deals", "combined-stress",
    "sweep-tungsten-stockpile-or-mine", "kazakh-titanium-for-allies", "heavy-rare-earths-halt", "gallium-from-pavlodar",
    "chromium-closed", "in-force", "kazakh-rare-earths-what-it-takes", "stockpiles-at-once-or-in-turn", "rival-deals",
    "lasting-ties",
}  # fmt: skip


def entities(name: str) -> Iterator[tuple[str, dict[str, object]]]:
    written = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    for family in ("events", "contracts", "projects"):
        yield from ((f"{family}.{key}", entity) for key, entity in written.get(family, {}).items())


def test_the_questions_of_the_field_are_there() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} >= SHIPPED


def test_the_table_of_answers_has_it(name: str) -> None:
    assert f"`{name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_it_is_accepted_and_asks_a_question(name: str, shipped: Shipped) -> None:
    scenario = shipped(name)
    assert scenario.title
    assert scenario.question.endswith("?")


def test_an_editor_finds_the_schema(name: str) -> None:
    first = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema.json"


def test_it_fits_a_laptop(name: str, shipped: Shipped) -> None:
    assert shipped(name).draws <= 256


def test_every_cell_of_its_sweep_can_be_run(name: str, shipped: Shipped) -> None:
    plan = plan_of(shipped(name))
    for number in range(plan.cells if plan.cells > 1 else 0):
        scenario = plan.cell(number).scenario
        assemble(load_world(scenario.world), Inputs(scenario, sample(scenario, 0, 1), 1), "scenario")


def test_it_extends_files_beside_it(name: str) -> None:
    extends = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")).get("extends", [])
    for parent in [extends] if isinstance(extends, str) else extends:
        assert (FOLDER / parent).exists() or (FOLDER / f"{parent}.yaml").exists()


def test_every_claim_says_where_it_comes_from(name: str, shipped: Shipped) -> None:
    if name == "example":  # shows the language, and says of each figure that it is made up
        return
    scenario = shipped(name)
    for family in (scenario.events, scenario.contracts, scenario.projects):
        for key, entity in family.items():
            assert len(entity.source) > 10, key


def test_what_is_assumed_is_called_an_assumption(name: str) -> None:
    """Nobody publishes how likely a deal is or how late it will be."""
    for key, entity in entities(name):
        if "realised" in entity or "delay" in entity:
            told = f"{entity.get('note', '')} {entity.get('source', '')}".lower()
            assert "assumption" in told or "45 working days" in told or "customs data" in told, key
