"""The what-if page's server: one page, its script, and five questions it can ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from supplysim import __version__
from supplysim.errors import Fault, InputError, RunError
from supplysim.report import theme
from supplysim.report.atlas import land
from supplysim.scenario import Scenario, load
from supplysim.web import plotly_js, save, work
from supplysim.web.answer import about, answer, fares, finite, looked_at
from supplysim.web.asked import Asked, read
from supplysim.web.controls import groups
from supplysim.web.desk import Busy, Desk, Superseded
from supplysim.web.guard import COME_AGAIN, POLICY, REPORT_POLICY, Guard, Names
from supplysim.web.library import Library
from supplysim.web.live import Live
from supplysim.web.parts import mineral, minerals_of
from supplysim.web.sides import beside
from supplysim.world import Catalog, catalog

STATIC = Path(__file__).parent / "static"
FILES = {"page.js": "text/javascript", "levers.js": "text/javascript", "page.css": "text/css"}


def create_app(*, host: str = "127.0.0.1", folder: Path | None = None, results: Path | None = None) -> Starlette:
    """The application; its threads live as long as it does.

    `folder` is where local scenarios are looked for, `results` where runs made for a report are kept.
    """
    page = Page(Library(folder or Path()), Desk(), results or Path("results"))
    return Starlette(
        routes=page.routes(),
        middleware=[Middleware(Guard, names=Names.of(host), policy=POLICY.format(style=plotly_js.style_sources()))],
        exception_handlers={InputError: _wrong, RunError: _failed, Superseded: _superseded, Busy: _busy},
        lifespan=page.lifespan,
    )


class Page:
    """What the routes share: the scenarios there are, the threads, and the reports built so far."""

    def __init__(self, library: Library, desk: Desk, results: Path) -> None:
        self.library = library
        self.desk = desk
        self.results = results
        self.reports: dict[str, Path] = {}

    def routes(self) -> list[Route]:
        """Where everything is."""
        return [
            Route("/", self.home),
            Route("/static/{name}", self.static),
            Route("/plotly.js", self.plotly),
            Route("/api/look", self.look),
            Route("/api/ready", self.ready),
            Route("/api/scenarios", self.scenarios),
            Route("/api/open", self.open, methods=["POST"]),
            Route("/api/run", self.run, methods=["POST"]),
            Route("/api/yaml", self.yaml, methods=["POST"]),
            Route("/api/report", self.report, methods=["POST"]),
            Route("/report/{run}", self.shown_report),
        ]

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Threads from the first request to the last."""
        self.desk.open()
        warming = asyncio.ensure_future(run_in_threadpool(self._warm))
        try:
            yield
        finally:
            warming.cancel()
            self.desk.close()

    def _warm(self) -> None:
        """Read what the first page asks for before it does."""
        self.library.rows()
        _catalog(None)

    async def home(self, _: Request) -> Response:
        return FileResponse(STATIC / "page.html", media_type="text/html")

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name == "theme.css":
            return Response(theme.css_variables(), media_type="text/css")
        if name not in FILES:
            return JSONResponse({"error": "there is no such file"}, 404)
        return FileResponse(STATIC / name, media_type=FILES[name])

    async def plotly(self, _: Request) -> Response:
        """Plotly's JavaScript from its Python package: its version is in the address, so it may be kept for good."""
        headers = {"cache-control": "private, max-age=31536000, immutable"}
        return FileResponse(plotly_js.path(), media_type="text/javascript", headers=headers)

    async def look(self, _: Request) -> Response:
        """What figures have in common: both palettes and the outline of land."""
        x, y = await run_in_threadpool(land)
        return JSONResponse({"light": theme.LIGHT, "dark": theme.DARK, "land": {"x": x, "y": y}})

    async def ready(self, _: Request) -> Response:
        return JSONResponse({"version": __version__, "ready": self.desk.ready()})

    async def scenarios(self, _: Request) -> Response:
        rows = await run_in_threadpool(self.library.rows)
        return JSONResponse({"scenarios": [row.as_dict() for row in rows]})

    async def open(self, request: Request) -> Response:
        """A scenario's sliders, as it is before any is moved, and what may be added to it."""
        asked = await _asked(request)
        scenario, known = await run_in_threadpool(self._scenario, asked.structure)

        def found() -> dict[str, Any]:
            minerals = minerals_of(scenario, known.minerals)
            groups_ = [group.as_dict() for group in groups(scenario, known)]
            return {**about(scenario, known, minerals), "groups": groups_}

        return JSONResponse(finite(await run_in_threadpool(found)))

    async def run(self, request: Request) -> Response:
        """The picture for one state of the page, or how every mineral fares in it."""
        asked = await _asked(request)
        live = await self._live(asked)
        other = None
        if asked.against and not asked.everything:
            shown = await run_in_threadpool(looked_at, live, asked.product, asked.region)
            other = await self._live(replace(asked.against, product=shown[0]))

        def found() -> dict[str, Any]:
            picture = (
                {"fares": fares(live)} if asked.everything else answer(live, asked.product, asked.region, asked.figures)
            )
            sides = {"against": beside(live, other, picture)} if other else {}
            return {"ticket": asked.ticket, **picture, **sides}

        return JSONResponse(finite(await run_in_threadpool(found)))

    async def _live(self, asked: Asked) -> Live:
        """A state, computed: the mineral looked at, or every one that its scenario is about."""
        scenario, known = await run_in_threadpool(self._scenario, asked)
        minerals = minerals_of(scenario, known.minerals)
        wanted = minerals if asked.everything else _in_view(asked, minerals)
        pieces = await self.desk.pieces(asked, scenario, wanted)
        return await run_in_threadpool(Live, scenario, known, pieces, asked.draws)

    async def yaml(self, request: Request) -> Response:
        """The state as a scenario file to download."""
        asked = await _asked(request)
        scenario = await run_in_threadpool(load, self.library.source(asked.scenario), asked.overrides)
        return JSONResponse({"name": save.file_name(scenario), "text": save.to_yaml(scenario, asked)})

    async def report(self, request: Request) -> Response:
        """Run the state as it would be run on the command line, with fewer draws, and write its report."""
        asked = await _asked(request)
        await run_in_threadpool(self._scenario, asked)
        source = self.library.source(asked.scenario)
        done = await self.desk.report(lambda stop: work.report(source, asked.overrides, self.results, stop))
        self.reports[done.parent.name] = done
        return JSONResponse({"address": f"/report/{done.parent.name}", "folder": str(done.parent)})

    async def shown_report(self, request: Request) -> Response:
        path = self.reports.get(request.path_params["run"])
        if path is None or not path.is_file():
            return JSONResponse({"error": "there is no such report"}, 404)
        return FileResponse(path, media_type="text/html", headers={"content-security-policy": REPORT_POLICY})

    def _scenario(self, asked: Asked) -> tuple[Scenario, Catalog]:
        """The scenario asked for, checked, and the names of its world."""
        scenario = work.asked_for(self.library.source(asked.scenario), asked.overrides, asked.months, asked.draws)
        return scenario, _catalog(scenario.world)


def _in_view(asked: Asked, minerals: Sequence[str]) -> tuple[str, ...]:
    """The mineral looked at: that of the product, else the first that the scenario is about."""
    wanted = mineral(asked.product)
    return (wanted,) if wanted in minerals else (minerals[0],)


async def _asked(request: Request) -> Asked:
    return read(await request.body())


@lru_cache(maxsize=4)
def _catalog(folder: Path | None) -> Catalog:
    return catalog(folder)


def _fault(fault: Fault) -> dict[str, str]:
    return {"place": fault.place, "path": fault.path, "message": fault.message, "text": fault.with_caret()}


async def _wrong(_: Request, error: Exception) -> Response:
    """What is wrong with the input, in the words of the command line."""
    faults = error.faults if isinstance(error, InputError) else ()
    return JSONResponse({"error": str(error), "faults": [_fault(fault) for fault in faults]}, 422)


async def _failed(_: Request, error: Exception) -> Response:
    """A state that can be written down and not be computed is no fault of the server's."""
    return JSONResponse({"error": str(error)}, 422)


async def _busy(_: Request, __: Exception) -> Response:
    told = {"error": f"the page is busy; ask again in {COME_AGAIN} s"}
    return JSONResponse(told, 429, {"retry-after": COME_AGAIN})


async def _superseded(_: Request, __: Exception) -> Response:
    return JSONResponse({"superseded": True})  # no error: browsers would log it as one
