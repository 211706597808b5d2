"""`supplysim serve` before it serves anything."""

from __future__ import annotations

import errno
import socket
from typing import Any

import pytest


def test_a_port_in_use_is_said_in_one_line(supplysim: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = supplysim("serve", "--port", port, expect=2)
    assert f"port {port} is in use; choose another with --port" in done.stderr


def test_an_address_that_is_not_ours_is_said_in_one_line(supplysim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:  # some systems may be told to listen on anybody's address
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    done = supplysim("serve", "--host", "192.0.2.1", "--port", "0", expect=2)
    assert "cannot listen on 192.0.2.1" in done.stderr


def test_an_empty_address_is_not_every_address(supplysim: Any) -> None:
    assert "--host is empty" in supplysim("serve", "--host", "", "--port", "0", expect=2).stderr


def test_help_has_an_example(supplysim: Any) -> None:
    assert "supplysim serve --port 9000" in supplysim("serve", "--help").stdout
