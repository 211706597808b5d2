"""`supplysim serve`: the what-if page."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import click

from supplysim.errors import InputError

PORT = 8765


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
    import uvicorn

    from supplysim.web import create_app

    listener = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"What-if page: http://{shown}:{listener.getsockname()[1]}/  (Ctrl+C ends it)")
    config = uvicorn.Config(create_app(host=host, results=results), log_level="warning", server_header=False)
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises `InputError` where the address or the port cannot be had."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} is in use; choose another with --port") from None
        raise InputError(f"cannot listen on {host}, port {port}: {error.strerror}") from None
    return listener
