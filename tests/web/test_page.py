"""The page in a real browser: it follows the sliders, answers the keyboard, and shows foreign text as text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SEVERITY = "input[data-path='events.halt.severity']"


def test_a_scenario_opens_with_figures_tiles_and_a_reason(page: Any, story: Any, server: Any) -> None:
    story.open(page, server, "halt.yaml")
    assert page.locator("h1").inner_text() == "An exporter halts antimony"
    assert "loses" in page.locator("#why").inner_text()
    assert page.locator("#tiles li").count() == 6
    assert page.locator("[data-figure=prices] .scatterlayer .trace").count() > 5
    page.locator("[data-figure=map]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-figure=map] .scatterlayer .trace")
    page.locator("[data-figure=stages]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-figure=stages] .sankey-link")
    assert page.locator("[data-figure=prices]").get_attribute("aria-label")


def test_moving_a_slider_changes_the_picture_and_resetting_brings_it_back(page: Any, story: Any, server: Any) -> None:
    story.open(page, server, "halt.yaml")
    before = story.values(page)
    page.locator(SEVERITY).focus()
    with story.settled(page):
        page.keyboard.press("Home")
    calm = story.values(page)
    assert page.locator("output").first.inner_text() == "0 %"
    assert calm["price"] != before["price"]
    assert calm["tiles"] != before["tiles"]
    assert "Nobody goes short" in calm["why"]  # what is left is the deal with Tajikistan
    with story.settled(page):
        page.locator("#reset").click()
    assert story.values(page) == before


def test_a_drag_shows_few_draws_on_the_way_and_all_on_release(page: Any, story: Any, server: Any) -> None:
    story.open(page, server, "halt.yaml")
    box = page.locator(SEVERITY).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, y, steps=4)
    page.wait_for_selector("body[data-draws='8']")
    with story.settled(page):
        page.mouse.up()
    assert page.locator("body").get_attribute("data-draws") == "50"


def test_everything_can_be_reached_and_moved_by_keyboard(page: Any, story: Any, server: Any) -> None:
    story.open(page, server, "halt.yaml")
    reached = []
    for _ in range(26):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.dataset.path || e.id || e.dataset.mineral || e.className, s.outlineStyle !== 'none']; }"
        ))  # fmt: skip
    names = [name for name, _ in reached]
    assert {"skip", "scenario", "months", "save", "link", "report", "product", "region"} <= set(names)
    assert "events.halt.severity" in names
    assert all(seen for name, seen in reached if name)
    page.locator("input[data-path='events.halt.lasts']").focus()
    with story.settled(page):
        page.keyboard.press("ArrowRight")
    assert "events.halt.lasts=13 months" in page.evaluate("decodeURIComponent(location.hash.replaceAll('+', ' '))")


def test_every_field_has_a_name(page: Any, story: Any, server: Any) -> None:
    story.open(page, server, "halt.yaml")
    nameless = page.evaluate(
        "() => [...document.querySelectorAll('input, select, button')]"
        ".filter((e) => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label')))"
        ".map((e) => e.outerHTML)"
    )
    assert nameless == []
    assert page.locator(SEVERITY).get_attribute("aria-valuetext") == "100 %"


@pytest.mark.slow
def test_the_link_brings_another_reader_to_the_same_picture(
    page: Any, story: Any, context: Any, server: Any, witness: Any
) -> None:
    story.open(page, server, "halt.yaml")
    page.locator(SEVERITY).focus()
    with story.settled(page):
        page.keyboard.press("PageDown")
    with story.settled(page):
        page.locator("#region").select_option("JPN")
    other = context.new_page()
    other.goto(page.url)
    other.wait_for_selector("body[data-state=ready][data-painted]")
    assert story.values(other) == story.values(page)
    assert other.locator("#region").input_value() == "JPN"


def test_a_saved_file_is_accepted_by_check_and_means_the_same(page: Any, story: Any, server: Any) -> None:
    story.open(page, server, "halt.yaml")
    page.locator(SEVERITY).focus()
    with story.settled(page):
        page.keyboard.press("Home")
    with page.expect_download() as waiting:
        page.locator("#save").click()
    saved = server.folder / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    assert "events.halt.severity: 0%" in saved.read_text(encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "supplysim", "check", saved.name], cwd=server.folder,
                          capture_output=True, text=True, check=False)  # fmt: skip
    saved.unlink()
    assert done.returncode == 0, done.stderr


def test_hostile_titles_are_text(page: Any, story: Any, server: Any) -> None:
    story.open(page, server, "hostile.yaml")
    assert page.locator("h1").inner_text() == story.evil
    assert story.evil in page.locator("#question").inner_text()
    assert page.locator("legend", has_text=story.evil).count() == 2
    assert story.evil in page.title()
    for place in page.locator(".plot:visible").all():
        place.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert page.locator("main script, aside script, main img, aside img").count() == 0


@pytest.mark.slow
def test_the_report_is_of_the_current_state_and_hostile_titles_are_text_in_it(
    page: Any, story: Any, context: Any, server: Any, witness: Any
) -> None:
    story.open(page, server, "hostile.yaml")
    page.locator(SEVERITY).focus()
    with story.settled(page):
        page.keyboard.press("PageDown")
    page.locator("#report").click()
    link = page.locator("#said a")
    link.wait_for()
    with context.expect_page() as opening:
        link.click()
    report = opening.value
    report.wait_for_selector(".plot .main-svg")
    assert story.evil in report.locator("h1").inner_text()
    assert report.locator("script[src], link[href^=http], img[src^=http]").count() == 0
    assert report.evaluate("fetch('/api/look').then(() => 'answered', () => 'refused')") == "refused"
    assert [text for text in witness.errors if "api/look" not in text] == []
    witness.errors.clear()
    stored = next((server.folder / "results" / "hostile").glob("*/report.html"))
    assert "severity: 0.9" in (stored.parent / "scenario.yaml").read_text(encoding="utf-8")
    offline(context, stored, story)


def offline(context: Any, stored: Path, story: Any) -> None:
    """The report opens from disk without any server, and its own controls work."""
    page = context.new_page()
    page.goto(stored.as_uri())
    page.wait_for_selector(".plot .main-svg")
    assert story.evil in page.locator("h1").inner_text()
    region = page.locator("#region")
    shown = page.locator("figcaption:visible").all_inner_texts()
    offered = [option.get_attribute("value") for option in region.locator("option:not([disabled])").all()]
    region.select_option(next(value for value in offered if value != region.input_value()))
    assert page.locator("figcaption:visible").all_inner_texts() != shown


def test_a_broken_file_is_told_in_the_words_of_the_command_line(page: Any, server: Any, witness: Any) -> None:
    page.goto(f"{server.address}/#s=broken.yaml")
    page.wait_for_selector("#fault:not([hidden])")
    told = page.locator("#fault").inner_text()
    done = subprocess.run([sys.executable, "-m", "supplysim", "check", "broken.yaml"], cwd=server.folder,
                          capture_output=True, text=True, check=False)  # fmt: skip
    first = done.stderr.splitlines()[0]
    assert first in told
    logged = [text for text in witness.errors if "422" in text]
    assert logged == witness.errors
    witness.errors.clear()


@pytest.mark.parametrize(
    "width", [320, pytest.param(390, marks=pytest.mark.slow), pytest.param(768, marks=pytest.mark.slow)]
)
def test_narrow_screens_need_no_sideways_scrolling(
    browser: Any, story: Any, witness: Any, server: Any, width: int
) -> None:
    with story.window(browser, witness, viewport={"width": width, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        story.open(page, server, "halt.yaml")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_dark_is_dark_and_light_is_light(browser: Any, story: Any, witness: Any, server: Any) -> None:
    def brightness(scheme: str) -> tuple[int, str]:
        with story.window(browser, witness, color_scheme=scheme) as context:
            page = context.new_page()
            story.open(page, server, "halt.yaml")
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
            line = page.locator("[data-figure=prices] .js-line").last.evaluate("(e) => e.style.stroke")
        return int(sum(colour)), line

    (light, line), (dark, other) = brightness("light"), brightness("dark")
    assert light > 600
    assert dark < 150
    assert line != other


def test_what_is_added_left_out_and_compared_can_be_undone(page: Any, story: Any, server: Any, witness: Any) -> None:
    story.open(page, server, "halt.yaml")
    before = story.values(page)
    page.locator("#adding summary").click()
    page.locator("#kind").select_option("events.outage")
    page.locator("#field-starts").fill("soon")
    page.locator("#add button").click()
    page.wait_for_selector("#add-fault:not([hidden])")
    assert [box.get_attribute("data-field") for box in page.locator("[data-field]:has(.wrong)").all()] == [
        "region", "starts",
    ]  # fmt: skip
    assert all("422" in text for text in witness.errors)
    witness.errors.clear()
    assert story.values(page) == before
    page.locator("#fields input[value=CHN]").check()
    page.locator("#field-starts").fill("2027-01")
    with story.settled(page):
        page.locator("#add button").click()
    assert page.locator("[data-entity='events.outage'] legend").inner_text().startswith("An outage of antimony")
    assert story.values(page)["tiles"] != before["tiles"]
    with story.settled(page):
        page.locator("[data-entity='events.halt'] .remove").click()
    assert "The halt" in page.locator("#removed").inner_text()
    with story.settled(page):
        page.locator("#undo").click()
    with story.settled(page):
        page.locator("#undo").click()
    assert page.locator("[data-entity='events.outage'], #removed li").count() == 0
    assert story.values(page)["tiles"] == before["tiles"]
    with story.settled(page):
        page.keyboard.press("Control+Shift+Z")
    assert page.locator("[data-entity='events.outage']").count() == 1


def test_two_states_stand_side_by_side_with_the_same_figures_on_the_same_scales(
    page: Any, story: Any, server: Any
) -> None:
    story.open(page, server, "halt.yaml")
    with story.settled(page):
        page.locator("#against").select_option("@this")
    page.locator(SEVERITY).focus()
    with story.settled(page):
        page.keyboard.press("Home")
    rows = page.locator("#numbers tr").all_inner_texts()
    assert len(rows) == 7
    assert rows[0].startswith("Need short")
    assert [row.split("\t")[0] for row in rows[1:3]] == ["Peak price, outer band", "Peak price, inner band"]
    assert page.locator("#why-a").inner_text() != page.locator("#why-b").inner_text()
    ranges = page.locator("[data-shows=prices]").evaluate_all("(all) => all.map((e) => e._fullLayout.yaxis.range)")
    assert len(ranges) == 2
    assert ranges[0] == ranges[1]


def test_twenty_moves_in_a_row_end_on_the_last_one(page: Any, story: Any, server: Any) -> None:
    story.open(page, server, "halt.yaml")
    page.locator(SEVERITY).focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    page.wait_for_selector("body[data-state=ready][data-draws='50']")
    page.wait_for_function("document.body.dataset.painted === String(ticket)")
    assert page.locator("output").first.inner_text() == "80 %"
    moved = story.values(page)
    page.reload()
    page.wait_for_selector("body[data-state=ready][data-painted]")
    assert story.values(page) == moved


def test_on_a_phone_the_answer_comes_first_and_then_the_levers(
    browser: Any, story: Any, witness: Any, server: Any
) -> None:
    with story.window(browser, witness, viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        story.open(page, server, "halt.yaml")
        tops = [page.locator(each).bounding_box() for each in ("#why", "#tiles", "#levers", ".figures")]
        assert [box["y"] for box in tops] == sorted(box["y"] for box in tops)
        assert tops[0]["y"] + tops[0]["height"] < 844
        page.locator(SEVERITY).scroll_into_view_if_needed()
        page.evaluate("scrollBy(0, 400)")
        page.wait_for_selector("#brief:not([hidden])")
        assert page.locator("#brief").inner_text().startswith("Need short")
