"""What stands before every request: who may ask, how much they may send, and what the browser may do with the answer.

A page on loopback is open to every other page in the same browser. The Host header is checked against DNS rebinding,
Origin and Sec-Fetch-Site against foreign pages, and the content security policy lets the page fetch from here alone.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 32_768
"""Longest body of a request: many times what the page ever sends."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load; `{style}` is the hash of the one style sheet that Plotly's script brings along."""
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'none'"
)
"""The report is one file with its own script and style inside; sandboxed, it cannot reach the page's interface."""
HEADERS: Mapping[str, str] = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 -- compared with, not bound to


@dataclass(frozen=True)
class Names:
    """The names under which the page may be asked for; `anywhere` when it was bound to every interface on purpose.

    Bound so, numeric addresses are accepted as well: a name can be pointed elsewhere, a number cannot.
    """

    hosts: frozenset[str]
    anywhere: bool = False

    @classmethod
    def of(cls, host: str) -> Names:
        """The names of a server bound to `host`."""
        if host in ANYWHERE:
            return cls(frozenset((*LOOPBACK, socket.gethostname().lower())), anywhere=True)
        return cls(frozenset((*LOOPBACK, host.lower())))

    def has(self, authority: str) -> bool:
        """Whether a Host header (`name` or `name:port`) is one of ours."""
        try:
            name = urlsplit(f"//{authority}").hostname or ""
        except ValueError:
            return False
        return name in self.hosts or (self.anywhere and _is_number(name))


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """ASGI middleware: refuses foreign hosts (421), foreign pages (403), other types (415) and long bodies (413)."""

    def __init__(self, app: ASGIApp, names: Names, policy: str) -> None:
        self.app = app
        self.names = names
        self.headers = {**HEADERS, "content-security-policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError("the what-if page speaks HTTP only")
        headers = Headers(scope=scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    found.setdefault(name, value)
            await send(message)

        refusal = self._refusal(headers, scope["method"])
        if refusal is None and scope["method"] == "POST":
            body = await _body(receive)
            if body is None:
                refusal = (413, f"a request holds at most {MOST_BYTES} bytes")
            else:
                receive = _replay(body)
        if refusal is not None:
            await JSONResponse({"error": refusal[1]}, refusal[0])(scope, receive, answer)
            return
        await self.app(scope, receive, answer)

    def _refusal(self, headers: Headers, method: str) -> tuple[int, str] | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self.names.has(host):
            return 421, "this page is not served under that name"
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "requests from other pages are refused"
        if method == "POST":
            if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return 403, "requests from other pages are refused"
            if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
                return 415, "requests are application/json"
            length = headers.get("content-length", "0")
            if not length.isdecimal() or int(length) > MOST_BYTES:
                return 413, f"a request holds at most {MOST_BYTES} bytes"
        return None


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None where it is longer than allowed."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes) -> Receive:
    """A `receive` that hands out a body already read."""
    left = [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive
