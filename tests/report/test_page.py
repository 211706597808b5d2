"""The page opens offline, holds everything it says, and is the same bytes for the same run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from supplysim.report import PAGE, write_brief, write_report
from supplysim.report.html import hash_of
from supplysim.report.page import HERE, page
from supplysim.report.source import read_run

KINDS = ("both", "events", "contracts", "neither", "hostile")
MOST_BYTES = 2_500_000


def unpacked(letters: str) -> str:
    """What the page's script makes of a packed text."""
    return gzip.decompress(base64.b85decode(letters.replace(",", "<"))).decode()


class Reader(HTMLParser):
    """Collects tags with their attributes, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.tags[-1][0] == "script" and len(data) > 1:
            self.scripts.append((self.tags[-1][1], data))


@pytest.fixture(scope="module", params=KINDS)
def read(request, folders) -> Reader:
    return Reader((folders[request.param] / PAGE).read_text(encoding="utf-8"))


def test_nothing_on_the_page_points_outside(read):
    for tag, attributes in read.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "video", "audio")
        for name, value in attributes.items():
            assert name not in ("src", "srcset", "action", "background", "poster")
            assert not name.startswith("on")
            assert name != "href" or (value or "").startswith("#")


def test_the_policy_allows_the_page_its_own_scripts_and_nothing_else(read):
    policy = next(a["content"] for t, a in read.tags if t == "meta" and "http-equiv" in a)
    rules = dict(rule.strip().split(" ", 1) for rule in (policy or "").split(";"))
    assert rules["default-src"] == "'none'"
    assert "http" not in (policy or "")
    codes = [code for attributes, code in read.scripts if "type" not in attributes]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(c.encode()).digest()).decode()}'" for c in codes]
    plotly = next(unpacked(code) for attributes, code in read.scripts if attributes.get("id") == "plotly")
    assert rules["script-src"].split() == [*hashes, hash_of(plotly)]


def test_the_pages_own_code_asks_for_nothing():
    assert not re.search(
        r"fetch|XMLHttp|import\(|WebSocket|sendBeacon|https?:", (HERE / "script.js").read_text(encoding="utf-8")
    )
    assert not re.search(r"url\(|@import|https?:", (HERE / "style.css").read_text(encoding="utf-8"))


def test_every_drawing_has_a_text_and_every_figure_a_table_and_a_caption(read):
    drawings = [a for t, a in read.tags if t == "div" and "plot" in (a.get("class") or "").split()]
    assert drawings
    assert all(len(a["aria-label"] or "") > 20 and a["role"] == "img" for a in drawings)
    names = [t for t, _ in read.tags]
    starts = [k for k, name in enumerate(names) if name == "figure"]
    for start, end in zip(starts, [*starts[1:], len(names)], strict=True):
        assert {"figcaption", "details"} <= set(names[start:end])
        assert "table" in names[start:end] or any("data-numbers" in a for _, a in read.tags[start:end])


def test_every_drawing_has_its_data(read):
    data = json.loads(unpacked(next(code for a, code in read.scripts if a.get("id") == "report-data")))
    places = {a["id"] for t, a in read.tags if "plot" in (a.get("class") or "").split()}
    assert set(data["plots"]) == places
    assert not any(trace["type"] in ("scattergeo", "choropleth", "scattermapbox", "scattermap")
                   for plot in data["plots"].values() for trace in plot["data"])  # fmt: skip


def test_one_set_of_panels_is_visible_at_first(read):
    visible = {a["data-key"] for _, a in read.tags if "data-key" in a and "hidden" not in a}
    hidden = {a["data-key"] for _, a in read.tags if "data-key" in a and "hidden" in a}
    assert len(visible - {""}) == 2
    assert not visible & hidden


def test_the_page_is_small_enough_to_send(folders):
    for folder in folders.values():
        assert (folder / PAGE).stat().st_size < MOST_BYTES


def test_what_a_scenario_says_shows_as_text(folders):
    text = (folders["hostile"] / PAGE).read_text(encoding="utf-8")
    outside = text[: text.index('<script type="text/plain"')]
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>" in outside
    assert "<script>alert" not in text
    assert "<img" not in outside
    assert "onerror" in outside
    data = re.search(r'id="report-data">(.*?)</script>', text, re.DOTALL)
    assert data
    assert "<" not in data[1]
    assert "&lt;/script" in unpacked(data[1])
    assert "<img" not in unpacked(data[1])


def test_the_same_run_makes_the_same_bytes_whenever_and_wherever(folders, tmp_path: Path):
    folder = folders["both"]
    first = (folder / PAGE).read_bytes()
    assert write_report(folder, tmp_path / "again.html").read_bytes() == first
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    moved = {**manifest, "finished": "1999-01-01T00:00:00+00:00", "host": "elsewhere", "command": "another"}
    assert page(replace(read_run(folder), manifest=moved)).encode() == first
    assert manifest["finished"].encode() not in first


def test_the_sections_come_in_the_order_a_minister_reads(folders):
    text = (folders["both"] / PAGE).read_text(encoding="utf-8")
    order = ["<h1>", 'class="answer"', 'id="headline"', 'id="map"', 'id="stages"', 'id="prices"', 'id="shares"',
             'id="stocks"', 'id="contracts"', 'id="binding"', 'id="drivers"', 'id="sources"', 'id="limits"',
             'id="again"']  # fmt: skip
    places = [text.index(mark) for mark in order]
    assert places == sorted(places)
    assert 'id="contracts"' not in (folders["events"] / PAGE).read_text(encoding="utf-8")


def test_a_brief_is_the_answer_the_numbers_and_two_figures_of_the_consumer_hit_hardest(folders, tmp_path: Path):
    read = Reader(write_brief(folders["both"], tmp_path / "brief.html").read_text(encoding="utf-8"))
    sections = [a["id"] for t, a in read.tags if t == "section"]
    assert sections == ["headline", "map", "prices"]
    assert not any("hidden" in a for _, a in read.tags if "data-key" in a)
    assert (tmp_path / "brief.html").stat().st_size < MOST_BYTES


def test_how_to_run_it_again_names_the_run(folders):
    run = json.loads((folders["both"] / "manifest.json").read_text(encoding="utf-8"))
    text = (folders["both"] / PAGE).read_text(encoding="utf-8")
    again = text[text.index('id="again"') :]
    assert "supplysim run scenario.yaml" in again
    assert run["run"] in again
    assert run["inputs"]["world"] in again
    assert run["versions"]["numpy"] in again
