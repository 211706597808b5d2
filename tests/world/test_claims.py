"""Quoted figures stand beside the data's, and say where they part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from supplysim.errors import InputError
from supplysim.world import World, claims
from supplysim.world.claims import exports, output_share

HEAD = "claim,kind,text,measure,value,unit,confidence,source,note\n"


def test_the_quoted_figures_meet_the_data(world: World) -> None:
    found = {claim.id: claim for claim in claims(world)}
    mined, supplied = found["kaz_uranium"].checks
    assert mined.computed
    assert mined.value == pytest.approx(40, abs=3)
    assert supplied.value < mined.value
    years = {
        check.text[-4:]: check.value for check in found["central_asia_uranium"].checks if "output, 20" in check.text
    }
    assert years == {"2021": 53.4, "2022": 52.2, "2023": 46.3, "2024": 45.3}  # the claim held, and no longer does
    today = [check.value for check in found["central_asia_uranium"].checks if check.computed]
    assert max(today) < 50
    separated, magnets, ore = found["china_rare_earths"].checks
    assert min(separated.value, magnets.value) > 90 > ore.value
    assert all(claim.checks and len(claim.explanation) > 40 for claim in found.values())


def test_the_export_claims_of_2023_are_set_beside_customs_figures(world: World) -> None:
    found = {claim.id: claim for claim in claims(world)}
    facts = [check.value for check in found["kaz_exports_china"].checks if not check.computed]
    assert sum(facts) > 1.9 * found["kaz_exports_china"].value
    uranium, ore = [check.value for check in found["kaz_exports_russia"].checks][:2]
    assert uranium + ore == pytest.approx(found["kaz_exports_russia"].value, rel=0.03)
    bought, customs = found["kaz_exports_usa"].checks[:2]
    assert bought.value == pytest.approx(0.91 * found["kaz_exports_usa"].value, rel=0.01)  # by origin, not customs
    assert customs.value == 0


def test_shares_and_exports_are_sums_over_the_base_year(world: World) -> None:
    everyone = list(world.regions)
    assert output_share(world, "copper.refined", everyone) == pytest.approx(100)
    parts = [output_share(world, "copper.refined", [region], "plant") for region in everyone]
    assert sum(parts) == pytest.approx(100)
    copper = world.base["copper.refined"]
    assert exports(world, "KAZ", "CHN") > copper.trade()["KAZ", "CHN"] * copper.product.price / 1e6


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,claim,Text,,1,%,C,quoted,why\na,check,Text,share of gold,,%,A,data,\n", "'share of gold' is not known"),
        ("b,check,Text,,1,%,A,data,\n", "claims.csv:2:1: claim: 'b' is not known"),
        ("a,claim,Text,,1,%,C,,why\n", "claims.csv:2:21: source: is empty"),
    ],
)
def test_a_bad_claim_is_refused(world: World, tmp_path: Path, rows: str, message: str) -> None:
    (tmp_path / "claims.csv").write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        claims(replace(world, folder=tmp_path))
    assert message in str(caught.value)
