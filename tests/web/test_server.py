"""The server as any client sees it, friendly or not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from tests.patience import HANG

from supplysim.errors import InputError
from supplysim.scenario import load


def test_it_says_where_it_is_and_offers_the_scenarios_here(server: Any) -> None:
    rows = httpx.get(f"{server.address}/api/scenarios", timeout=HANG).json()["scenarios"]
    names = [row["name"] for row in rows]
    assert {"baseline", "halt.yaml", "hostile.yaml"} <= set(names)


def test_foreign_hosts_and_pages_are_refused(server: Any) -> None:
    assert httpx.get(server.address, headers={"host": "evil.example"}, timeout=HANG).status_code == 421
    assert server.post("/api/run", {"origin": "http://evil.example"}, scenario="baseline").status_code == 403
    assert server.post("/api/run", {"origin": server.address}, scenario="halt.yaml", draws=2).status_code == 200


def test_every_answer_carries_the_policy(server: Any) -> None:
    for path in ("/", "/static/page.js", "/static/theme.css", "/plotly.js", "/api/look", "/nowhere"):
        found = httpx.get(f"{server.address}{path}", timeout=HANG)
        assert "default-src 'none'" in found.headers["content-security-policy"], path
        assert "unsafe" not in found.headers["content-security-policy"], path
        assert found.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "nope", "halt", "", "halt.yaml\0"])
def test_only_listed_scenarios_can_be_opened(server: Any, name: str) -> None:
    found = server.post("/api/open", scenario=name)
    assert found.status_code == 422
    assert "there is no scenario" in found.json()["error"]


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/report/../../etc", "/report/0" * 3])
def test_only_its_own_files_are_served(server: Any, path: str) -> None:
    assert httpx.get(f"{server.address}{path}", timeout=HANG).status_code == 404


def test_faults_have_the_words_of_the_command_line(server: Any) -> None:
    found = server.post("/api/run", scenario="halt.yaml", settings={"events.hallt.severity": "50%"})
    with pytest.raises(InputError) as told:
        load(server.folder / "halt.yaml", ["events.hallt.severity=50%"])
    assert found.status_code == 422
    assert [fault["text"] for fault in found.json()["faults"]] == [fault.with_caret() for fault in told.value.faults]


def test_the_work_is_bounded(server: Any) -> None:
    for wrong in ({"draws": 10**6}, {"months": 10**6}, {"settings": {"horizon.months": "900"}}, {"settings": 3}):
        assert server.post("/api/run", **{"scenario": "halt.yaml", **wrong}).status_code == 422
    assert httpx.post(f"{server.address}/api/run", content=b"{" * 100_000,
                      headers={"content-type": "application/json"}, timeout=HANG).status_code == 413  # fmt: skip


def test_a_newer_question_supersedes_an_older_one(server: Any) -> None:
    def ask(ticket: int) -> dict[str, Any]:
        settings = {"events.halt.severity": f"{50 + ticket}%"}
        return dict(server.post("/api/run", scenario="halt.yaml", settings=settings, client="me", ticket=ticket).json())

    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(ask, 1)
        rest = [threads.submit(ask, ticket) for ticket in (7, 8, 9)]
        answers = [first.result(), *(future.result() for future in rest)]
    assert answers[-1].get("ticket") == 9
    assert ask(3) == {"superseded": True}
    for answer in answers[:-1]:
        assert answer.get("superseded") or answer["ticket"] < 9


def test_the_same_question_has_the_same_answer_and_another_has_another(server: Any) -> None:
    def ask(**settings: str) -> dict[str, Any]:
        return dict(server.post("/api/run", scenario="halt.yaml", settings=settings, months=24, draws=16).json())

    first = ask()
    assert first == ask()
    softer = ask(**{"events.halt.severity": "20%"})
    price = {tile["metric"]: tile["value"] for tile in first["tiles"]}["peak_price_multiple"]
    other = {tile["metric"]: tile["value"] for tile in softer["tiles"]}["peak_price_multiple"]
    assert float(price.split()[0]) > float(other.split()[0])
    assert first["product"] == "antimony.metal"
    assert "China" in first["why"]


def test_how_every_mineral_fares(server: Any) -> None:
    found = server.post("/api/run", scenario="halt.yaml", everything=True, draws=2, months=24).json()
    assert list(found["fares"]) == ["antimony"]
    assert found["fares"]["antimony"]["level"] in ("felt", "bad")
