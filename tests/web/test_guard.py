"""The guard stands before every request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tests.loop import run

from supplysim.web import guard
from supplysim.web.guard import MOST_BYTES, POLICY, Guard, Names

OURS = "http://127.0.0.1:8765"
JSON = {"content-type": "application/json"}


def ask(method: str, headers: dict[str, str] | None = None, content: Any = None, bound: str = "127.0.0.1"
        ) -> httpx.Response:  # fmt: skip
    """Ask a guarded echo of the body's length."""

    async def echo(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{len(await request.body())}")

    guard = Middleware(Guard, names=Names.of(bound), policy=POLICY.format(style=""))
    app = Starlette(routes=[Route("/", echo, methods=["GET", "POST"])], middleware=[guard])

    async def talk() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OURS) as client:
            return await client.request(method, "/", headers=headers, content=content)

    return run(talk())


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765", "LOCALHOST"])
def test_this_machine_is_answered(host: str) -> None:
    assert ask("GET", {"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8765", "10.0.0.7:8765", "", "[::1", "a@b"])
def test_a_foreign_host_is_refused(host: str) -> None:
    answer = ask("GET", {"host": host})
    assert answer.status_code == 421
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8765"])
def test_a_foreign_origin_is_refused(origin: str) -> None:
    assert ask("POST", {**JSON, "origin": origin}, "{}").status_code == 403
    assert ask("GET", {"origin": origin}).status_code == 403


def test_the_pages_own_origin_is_answered() -> None:
    assert ask("POST", {**JSON, "origin": OURS, "sec-fetch-site": "same-origin"}, "{}").status_code == 200


def test_a_foreign_form_is_refused_without_an_origin_too() -> None:
    assert ask("POST", {**JSON, "sec-fetch-site": "cross-site"}, "{}").status_code == 403
    assert ask("POST", {"content-type": "text/plain"}, "{}").status_code == 415


def test_a_long_body_is_refused_whatever_it_says_of_its_length() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 1024 + 1):
            yield b" " * 1024

    assert ask("POST", JSON, b" " * (MOST_BYTES + 1)).status_code == 413
    assert ask("POST", JSON, parts()).status_code == 413
    assert ask("POST", JSON, b" " * MOST_BYTES).text == str(MOST_BYTES)
    assert ask("POST", {**JSON, "content-length": "-1"}, b"").status_code == 413


def test_bound_to_every_interface_numbers_are_answered_and_names_are_not() -> None:
    assert ask("GET", {"host": "192.168.1.5:8765"}, bound="0.0.0.0").status_code == 200
    assert ask("GET", {"host": "evil.example"}, bound="0.0.0.0").status_code == 421


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    policy = ask("GET").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def talk(app: Any, *messages: dict[str, Any], path: str = "/api/run") -> list[dict[str, Any]]:
    """What a guarded application sends to a client of whom these messages come, and then nothing."""
    sent: list[dict[str, Any]] = []
    left = list(messages)
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"",
             "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]}  # fmt: skip

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop(0)
        return await asyncio.Event().wait()  # type: ignore[return-value]

    async def send(message: Any) -> None:
        sent.append(message)

    run(Guard(app, Names.of("127.0.0.1"), "")(scope, receive, send))
    return sent


def test_work_ends_when_the_client_has_gone() -> None:
    ended: list[str] = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("in the middle")

    whole = {"type": "http.request", "body": b"{}", "more_body": False}
    assert talk(endless, whole, {"type": "http.disconnect"}) == []
    assert ended == ["in the middle"]


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "PATIENCE", 0.01)
    head, _ = talk(None, {"type": "http.request", "body": b"{", "more_body": True})
    assert head["status"] == 408


def test_more_than_can_be_worked_on_is_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_REQUESTS", 0)
    whole = {"type": "http.request", "body": b"{}", "more_body": False}
    head, _ = talk(None, whole)
    assert head["status"] == 429
    assert (b"retry-after", b"1") in head["headers"]

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("the page is served all the same")(scope, receive, send)

    head, _ = talk(page, whole, path="/")
    assert head["status"] == 200
