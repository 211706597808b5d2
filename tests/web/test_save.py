"""The page's state as a file that `supplysim check` accepts."""

from __future__ import annotations

from pathlib import Path

from supplysim.scenario import digest, load, shipped
from supplysim.web.asked import Asked
from supplysim.web.save import to_yaml


def test_a_saved_state_is_a_scenario_with_the_same_values(halt: Path, tmp_path: Path) -> None:
    settings = {"events.halt.severity": "50%", "events.halt.starts": "2026-06", "events.halt.lasts": "9 months",
                "model.growth": "off", "minerals.rare_earths.*.trade.sigma": "0.5x",
                "stockpiles.USA.rare_earths.target": "6 months"}  # fmt: skip
    asked = Asked(halt.name, settings)
    moved = load(halt, asked.overrides)
    elsewhere = tmp_path / "downloads"
    elsewhere.mkdir()
    saved = elsewhere / "saved.yaml"
    saved.write_text(to_yaml(moved, asked), encoding="utf-8")
    found = load(saved)
    assert digest(found) == digest(moved)
    assert found.title == "China halts separated rare earths, changed on the what-if page"


def test_a_title_of_any_kind_stays_a_title(halt: Path, tmp_path: Path) -> None:
    title = "<b>: \"yes\" 'no' # \\ \u4e2d\u56fd \U0001f600 %"
    quoted = title.replace("'", "''")
    halt.write_text(
        halt.read_text(encoding="utf-8").replace("China halts separated rare earths", f"'{quoted}'"), encoding="utf-8"
    )
    saved = tmp_path / "saved.yaml"
    saved.write_text(to_yaml(load(halt), Asked(halt.name, {})), encoding="utf-8")
    assert load(saved).title == title


def test_a_shipped_scenario_is_extended_by_name_with_what_was_left_out_added_and_moved(tmp_path: Path) -> None:
    name, outage = (
        "china-ree-halt-with-c5",
        "{kind: outage, product: rare_earths.separated, region: [MYS], starts: 2027-06}",
    )
    assert name in shipped()
    settings = {"events.outage.severity": "40%", "remove": "[events.halt-oxides]", "events.outage": outage,
                "consumers": "[JPN, IND]"}  # fmt: skip
    asked = Asked(name, settings)
    moved = load(name, asked.overrides)
    assert "halt-oxides" not in moved.events
    assert (moved.events["outage"].severity, moved.consumers) == (0.4, ("JPN", "IND"))  # type: ignore[union-attr]
    saved = tmp_path / "saved.yaml"
    saved.write_text(to_yaml(moved, asked), encoding="utf-8")
    assert "extends: china-ree-halt-with-c5\n" in saved.read_text(encoding="utf-8")
    assert digest(load(saved)) == digest(moved)
