"""What a scenario asks of its runs."""

from __future__ import annotations

import numpy as np

from supplysim.assembly import Inputs
from supplysim.results.metrics import Question
from supplysim.world import World


def question_of(world: World, inputs: Inputs) -> Question:
    """The question of a block: its drawn dates and prices included."""
    scenario = inputs.scenario
    starts = [inputs.month(f"events.{name}.starts") for name in scenario.happening]
    flows = {name: c for name, c in scenario.contracts.items() if c.kind != "no_flow"}
    return Question(
        consumers=scenario.consumers,
        rivals=scenario.rivals,
        variety_cost=bool(scenario.values["model.variety_cost"]),
        first_event=np.minimum.reduce(np.broadcast_arrays(*starts)) if starts else None,
        price={p: float(scenario.values.get(f"minerals.{p}.price", m.product.price)) for p, m in world.base.items()},
        support_ends={
            name: inputs.month(f"contracts.{name}.support_ends")
            for name in flows
            if inputs.has(f"contracts.{name}.support_ends")
        },
        receiver={name: (c.product, c.to) for name, c in flows.items()},
        counted_from=scenario.counted_from,
    )
