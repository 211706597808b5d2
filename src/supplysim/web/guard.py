"""What stands before every request: who may ask, how much they may send, and what the browser may do with the answer.

A page on loopback is open to every other page in the same browser. The Host header is checked against DNS rebinding,
Origin and Sec-Fetch-Site against foreign pages, and the content security policy lets the page fetch from here alone.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 32_768
"""Longest body of a request: many times what the page ever sends."""
MOST_REQUESTS = 32
"""Questions under way at the same time; a further one is told to come again (429)."""
COME_AGAIN = "1"
"""Seconds after which it may."""
PATIENCE = 10.0
"""Seconds that the rest of a request may take."""
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
    """ASGI middleware: refuses foreign hosts (421), foreign pages (403), other types (415), long bodies (413) and slow
    ones (408), and what is more than can be worked on (429). What it lets in ends with its connection."""

    def __init__(self, app: ASGIApp, names: Names, policy: str) -> None:
        self.app = app
        self.names = names
        self.headers = {**HEADERS, "content-security-policy": policy}
        self.under_way = 0

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

        body, refusal = b"", self._refusal(headers, scope["method"])
        if refusal is None and scope["method"] == "POST":
            try:
                body = await _body(receive)
            except Refused as error:
                refusal = error.status, str(error)
        asks = scope["path"].startswith("/api/")
        if refusal is None and asks and self.under_way >= MOST_REQUESTS:
            refusal = 429, f"{MOST_REQUESTS} questions are being worked on; ask again in {COME_AGAIN} s"
        if refusal is not None:
            again = {"retry-after": COME_AGAIN} if refusal[0] == 429 else None
            await JSONResponse({"error": refusal[1]}, refusal[0], again)(scope, receive, answer)
            return
        self.under_way += asks
        try:
            await _attended(self.app(scope, _replay(body, receive), answer), receive)
        finally:
            self.under_way -= asks

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
            if not length.isdecimal() or len(length) > 9 or int(length) > MOST_BYTES:
                return 413, f"a request holds at most {MOST_BYTES} bytes"
        return None


class Refused(Exception):  # noqa: N818 -- what the answer says
    """A body that is not taken, with the status that says why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


async def _body(receive: Receive) -> bytes:
    """The whole body. Raises `Refused` where it is longer than allowed or does not come."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(408, "the request broke off")
                part = message.get("body", b"")
                size += len(part)
                if size > MOST_BYTES:
                    raise Refused(413, f"a request holds at most {MOST_BYTES} bytes")
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise Refused(408, f"the rest of the request did not come within {PATIENCE:.0f} s") from None


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that hands out a body already read, and then what comes next."""
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again


async def _attended(work: Awaitable[None], receive: Receive) -> None:
    """Work as long as the client is there: when its connection has ended, so does the work."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        for each in (task, gone):
            each.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
