"""How long a connection may keep the page waiting: uvicorn ends those that idle after an answer, this the others."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from supplysim.web.guard import PATIENCE


class Patient(H11Protocol):
    """HTTP on a connection that is cut where the head of a request takes too long, or nobody reads the answer.

    `patience` is in seconds. A head that comes byte by byte has no longer than one that does not come at all.
    """

    patience = PATIENCE

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        elif not self.flow.write_paused:
            self._go_on()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._go_on()

    def timeout_keep_alive_handler(self) -> None:
        """After an answer nothing came: hang up, and do not wait until the rest of it is read."""
        super().timeout_keep_alive_handler()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._go_on()

    def _wait(self) -> None:
        if self._clock is None:
            self._clock = self.loop.call_later(self.patience, self.transport.abort)

    def _go_on(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
