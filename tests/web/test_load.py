"""The server under clients that are many, gone, idle or hostile; more of them by `python -m tests.stress server`."""

from __future__ import annotations

import socket

import pytest
from tests.patience import HANG
from tests.stress.server import Served, crowd, dropped, fuzz, idle, post, question, served, status

from supplysim.cli.serve import _listen


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A server of its own; that it said nothing but its address is checked at the end."""
    with served(tmp_path_factory.mktemp("attacked")) as server:
        yield server


def test_who_connects_before_the_server_runs_is_not_refused() -> None:
    with _listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname(), timeout=HANG):
        pass


def test_clients_that_have_gone_do_not_keep_the_next_one_waiting(attacked: Served) -> None:
    assert dropped(attacked, 8) == 200


def test_a_crowd_is_answered_or_told_when_to_come_again(attacked: Served) -> None:
    told = crowd(attacked, 60)
    assert set(told) <= {200, 429}
    assert told[200] >= 32


def test_connections_on_which_nothing_whole_comes_are_ended(attacked: Served) -> None:
    assert idle(attacked, 40) == (200, 40)


@pytest.mark.parametrize("text", ["\\ud800", "x\\udfffy"])
def test_half_a_character_anywhere_is_told(attacked: Served, text: str) -> None:
    for body in (
        f'{{"scenario": "{text}"}}',
        f'{{"{text}": 1}}',
        f'{{"scenario": "halt.yaml", "settings": {{"{text}": "1"}}}}',
    ):
        for path in ("/api/run", "/api/open", "/api/yaml", "/api/report"):
            answer = attacked.exchange(post(path, body.encode()))
            assert status(answer) == 422
            assert b"half a character" in answer


def test_whatever_is_asked_it_is_never_the_servers_fault(attacked: Served) -> None:
    told = fuzz(attacked, 120, seed=3)
    assert max(told) < 500
    assert told[422] > 10
    assert status(attacked.exchange(question())) == 200
