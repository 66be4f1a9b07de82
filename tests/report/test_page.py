"""The page is whole by itself: verdict first, everything escaped, nothing loaded from elsewhere."""

import dataclasses
import re
from html.parser import HTMLParser

from kgattn.evidence.comparison import Comparison
from kgattn.report.page import render_page

VOID = {"meta", "br", "hr", "img"}


class Balance(HTMLParser):
    """Collects tags and the text between them, and insists that every tag is closed in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parse(page: str) -> Balance:
    parser = Balance()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def test_verdict_comes_before_everything_else(comparison: Comparison) -> None:
    page = render_page("Report", [comparison])

    assert comparison.verdict.outcome == "helps"
    assert page.index("The graph helps") < page.index("<table") < page.index("<svg")


def test_page_is_well_formed_and_loads_nothing(comparison: Comparison) -> None:
    page = render_page("Report", [comparison, comparison])

    tags = parse(page).tags
    assert tags.count("section") == 2
    assert tags.count("svg") == 4
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert not re.search(r"https?:|url\(|@import", page)


def test_names_are_escaped(comparison: Comparison) -> None:
    page = render_page("<i>Title</i>", [comparison])

    parser = parse(page)
    assert "i" not in parser.tags
    assert "b" not in parser.tags
    assert "<b>Place</b>" in parser.text
    assert "towns & rivers, 100 training sentences" in parser.text
    assert "kgattn compare --data 'towns & rivers' --seeds 2" in parser.text


def test_scores_settings_and_versions_are_shown(comparison: Comparison) -> None:
    text = parse(render_page("Report", [comparison])).text

    plain = comparison.arms[0]
    assert f"{100 * plain.f1.mean:.1f}" in text
    assert comparison.differences[0].in_points() in text
    for shown in (
        "settings: injection: bound",
        "4.0",
        "1, 2",
        "made with: torch",
        "2.13",
        "22.7M (+0.31M)",
        "41",
    ):
        assert shown in text


def test_without_plain_there_is_no_difference_plot(comparison: Comparison) -> None:
    alone = dataclasses.replace(comparison, arms=comparison.arms[1:2], differences=())

    assert parse(render_page("Report", [alone])).tags.count("svg") == 1


def test_readable_on_a_phone(comparison: Comparison) -> None:
    page = render_page("Report", [comparison])

    assert 'name="viewport" content="width=device-width' in page
    assert page.count('<div class="wide"><table>') == 2
