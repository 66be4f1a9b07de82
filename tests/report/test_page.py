"""The page is whole by itself: verdict first, everything escaped, nothing loaded from elsewhere."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from kgattn.evidence.comparison import Comparison
from kgattn.report.finding import Finding
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
    page = render_page("Report", [Finding(comparison)])

    assert comparison.verdict.outcome == "helps"
    assert page.index("The graph helps") < page.index("<svg") < page.index("<table")
    assert 'class="verdict good"' in page


def test_page_is_well_formed_and_loads_nothing(finding: Finding) -> None:
    page = render_page("Report", [finding, Finding(finding.comparison)])

    tags = parse(page).tags
    assert tags.count("section") == 3
    assert not {"script", "link", "img", "iframe", "i", "b", "object", "form"} & set(tags)
    own = re.sub(r"&lt;img src=http://example.org/x", "", page)
    assert not re.search(r"https?:|url\(|@import", own)
    assert "default-src 'none'" in page


def test_names_are_escaped(comparison: Comparison) -> None:
    page = render_page("<i>Title</i>", [Finding(comparison)])

    parser = parse(page)
    assert "i" not in parser.tags
    assert "b" not in parser.tags
    assert "<b>Place</b>" in parser.text
    assert "towns & rivers, 100 training sentences" in parser.text
    assert "kgattn compare --data 'towns & rivers'" in parser.text


def test_scores_settings_and_versions_are_shown(comparison: Comparison) -> None:
    text = parse(render_page("Report", [Finding(comparison)])).text

    plain = comparison.arms[0]
    assert f"{100 * plain.f1.mean:.1f}" in text
    assert comparison.differences[0].in_points() in text
    for shown in ("settings: injection: bound", "4.0", "1, 2", "made with: torch", "2.13", "22,700,000", "41.4", "902"):
        assert shown in text


def test_every_part_is_there(finding: Finding) -> None:
    parser = parse(render_page("Report", [finding]))

    titles = "".join(parser.text)
    for title in (
        "Before you trust it",
        "Learning curve",
        "How sure",
        "Where it is found",
        "By entity type",
        "What changes from plain to biased",
        "Missed by plain, found by biased",
        "What biased learned to use",
        "gate of the bias in numbers",
        "flows <into>",
        "Cost",
        "Run it again",
    ):
        assert title in titles
    assert parser.tags.count("mark") == len(finding.examples)
    # two interval plots, a curve, and heat maps of both gates and a rule
    assert parser.tags.count("svg") == 6


def test_every_drawing_speaks_and_every_table_has_headers(finding: Finding) -> None:
    page = render_page("Report", [finding])

    assert page.count("<svg") == page.count('role="img" aria-label="')
    assert page.count("<table") == page.count("<caption>") == page.count("<thead>")
    assert page.count('<tr class="accent"><th scope="row">') + page.count('<tr><th scope="row">') + page.count(
        "<thead><tr>"
    ) == page.count("<tr")
    assert page.count("<table") == page.count('<div class="wide" role="region"')


def test_what_was_not_kept_is_not_shown(comparison: Comparison) -> None:
    arms = tuple(dataclasses.replace(arm, slices={}, gates=None, gold_by_type={}) for arm in comparison.arms)
    differences = tuple(
        dataclasses.replace(found, p=None, effect=None, detectable=None) for found in comparison.differences
    )
    old = dataclasses.replace(comparison, arms=arms, differences=differences, flow=None, warnings=())

    page = render_page("Report", [Finding(old)])

    for title in ("How sure", "Where it is found", "What changes", "learned to use", "Before you trust it", "Learning"):
        assert title not in page
    assert "By entity type" in page


def test_without_plain_there_is_no_difference_plot(comparison: Comparison) -> None:
    alone = dataclasses.replace(comparison, arms=comparison.arms[1:2], differences=())

    page = render_page("Report", [Finding(alone)])
    assert "F1 in percent:" in page
    assert "F1 minus plain" not in page


def test_several_corpora_are_judged_together(comparison: Comparison) -> None:
    text = parse(render_page("Report", [Finding(comparison), Finding(comparison)])).text

    assert "All corpora together" in text
    assert text.count("yes") == 2
    assert "All corpora together" not in parse(render_page("Report", [Finding(comparison)])).text


@pytest.mark.parametrize(("outcome", "tone"), [("hurts", "bad"), ("no evidence", "open"), ("undecided", "open")])
def test_the_verdict_is_set_off_by_its_outcome(comparison: Comparison, outcome: str, tone: str) -> None:
    verdict = dataclasses.replace(comparison.verdict, outcome=outcome)

    page = render_page("Report", [Finding(dataclasses.replace(comparison, verdict=verdict))])

    assert f'class="verdict {tone}"' in page
