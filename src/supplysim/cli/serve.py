"""`supplysim serve`: the what-if page."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import click

from supplysim.errors import InputError

PORT = 8765
WAITING = 256
"""Connections that wait to be accepted."""
MOST_CONNECTIONS = 512
"""Connections at the same time, idle ones too; a request beyond is told so (503)."""
GOODBYE = 1
"""Seconds that answers under way are given when the server ends."""


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=Path("results"), show_default=True)
def serve(port: int, host: str, results: Path) -> None:
    """Serve the what-if page: pick a scenario, move its numbers, see who gets what.

    It offers the shipped scenarios and those in this folder, to this machine alone unless --host says otherwise.

    \b
    Examples:
      supplysim serve
      supplysim serve --port 9000
    """
    listener = _listen(host, port)
    import uvicorn

    from supplysim.web import create_app
    from supplysim.web.patience import Patient

    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        create_app(host=host, results=results), http=Patient, ws="none", log_level="error", server_header=False,
        limit_concurrency=MOST_CONNECTIONS, timeout_graceful_shutdown=GOODBYE,
    )  # fmt: skip
    click.echo(f"What-if page: http://{shown}:{listener.getsockname()[1]}/  (Ctrl+C ends it)")
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens: who connects from now on is answered.

    Raises `InputError` where the address or the port cannot be had.
    """
    if not host:
        raise InputError("--host is empty; every interface is 0.0.0.0, this machine alone 127.0.0.1")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} is in use; choose another with --port") from None
        raise InputError(f"cannot listen on {host}, port {port}: {error.strerror}") from None
    return listener
