"""The validation page is what the code gives today."""

from __future__ import annotations

from pathlib import Path

from supplysim.history.report import Table, main, markdown, page

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"


def test_the_page_in_the_docs_is_up_to_date(card):
    """Write it again with `supplysim backtest --write-docs docs/validation.md`."""
    assert PAGE.read_text(encoding="utf-8") == page(card)


def test_a_table_as_markdown():
    assert markdown(Table("T", ["a", "b"], [["1", "2"]])) == "**T**\n\n| a | b |\n|---|---|\n| 1 | 2 |"


def test_the_page_can_be_written_by_the_module(tmp_path, card, monkeypatch):
    monkeypatch.setattr("supplysim.history.report.backtest", lambda: card)
    main(str(tmp_path / "page.md"))
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page(card)


def test_figures_that_are_not_good_are_on_the_page_too():
    text = PAGE.read_text(encoding="utf-8")
    assert '"no change" is the better forecast' in text
    assert "| no |" in text
