"""A report as titled sections of rows, the same for terminal, Markdown and plain text."""

from dataclasses import dataclass

from kgattn.evidence.doctor.coverage import Covered
from kgattn.evidence.doctor.remarks import percent
from kgattn.evidence.doctor.report import DoctorReport

MOST_TYPES, MOST_NOISE, MOST_LABELS = 10, 10, 3


@dataclass(frozen=True)
class Section:
    """A small table.

    Attributes:
        title: Above it.
        header: Names of its columns; the first one holds names, the others numbers or words.
        rows: Cells as text.
        words_last: Whether the last column holds words, which stand left; numbers stand right.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words_last: bool = True

    def stands_left(self, column: int) -> bool:
        """Whether a column holds words."""
        return column == 0 or (self.words_last and column == len(self.header) - 1)


def report_title(report: DoctorReport) -> str:
    """What was looked at."""
    graph = report.graph
    return (
        f"{report.corpus} ({report.split}: {report.sentences['score']:,} sentences, learned from "
        f"{report.sentences['learn']:,}) x {graph['num_entities']:,} entities, {graph['num_triples']:,} triples"
    )


def report_sections(report: DoctorReport) -> tuple[Section, ...]:
    """All tables of a report that have a row."""
    sections = (_coverage(report), _facts(report), _types(report), _noise(report))
    return tuple(section for section in sections if section.rows)


def leak_lines(report: DoctorReport) -> tuple[str, ...]:
    """The outcome of the leak check in words."""
    if not report.leaks:
        return ("Leak check: nothing found.",)
    return tuple(f"Leak check, {sign.level}: {sign.check}: {sign.words}." for sign in report.leaks)


def plain_text(report: DoctorReport) -> str:
    """The whole report with aligned columns."""
    lines = [report_title(report), "", report.verdict.words, *(f"- {remark}" for remark in report.verdict.remarks)]
    lines.extend(["", *leak_lines(report)])
    for section in report_sections(report):
        rows = [section.header, *section.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(len(section.header))]
        lines.extend(["", section.title])
        for row in rows:
            cells = [
                cell.ljust(width) if section.stands_left(column) else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def _coverage(report: DoctorReport) -> Section:
    coverage = report.coverage

    def row(name: str, kind: Covered) -> tuple[str, ...]:
        untouched = percent(kind.none / kind.gold) if kind.gold else "–"
        shares = (percent(kind.exact_share), percent(kind.partial_share)) if kind.gold else ("–", "–")
        return (name, f"{kind.gold:,}", *shares, untouched)

    kinds = [("all", coverage.total), ("seen in training", coverage.seen), ("new", coverage.unseen)]
    rows = [row(name, kind) for name, kind in (*kinds, *coverage.by_type.items())]
    return Section("Gold mentions linked", ("mentions", "gold", "exact", "in part", "not"), tuple(rows), False)


def _facts(report: DoctorReport) -> Section:
    links, ambiguity, pairs, taggers, purity = (
        report.links,
        report.ambiguity,
        report.pairs,
        report.taggers,
        report.purity,
    )
    coverage, quiet = report.without_noise

    def score(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f}"

    rows = [
        ("links", f"{links.links:,}", f"{links.links / max(links.sentences, 1):.2f} a sentence"),
        ("precision of links", percent(links.precision), f"{links.exact:,} are a gold mention exactly"),
        ("words linked", percent(links.linked_share), f"{links.linked_words:,} of {links.words:,}"),
        (
            "ambiguous links",
            percent(ambiguity.ambiguous_share),
            f"{ambiguity.candidates_per_link:.2f} candidates a link",
        ),
        ("type purity", percent(purity.purity), f"commonest label alone {percent(purity.commonest)}"),
        ("mutual information", f"{purity.nmi:.2f}", "of graph types and labels, normalised"),
        ("F1 of graph types", score(taggers.linker_tagger), "type -> label, no model"),
        ("F1 of a dictionary", score(taggers.dictionary), "of the training entities"),
        ("F1 of both", score(taggers.both), "dictionary first"),
        ("ceiling, F1", score(taggers.ceiling), "every exact link labelled right"),
        ("sentences with joined pair", percent(pairs.joined_sentence_share), f"{pairs.joined:,} pairs by one triple"),
        ("or at most two triples", percent(pairs.near_sentence_share), f"{pairs.near:,} pairs"),
        (
            "without the noise",
            percent(quiet.precision),
            f"precision; exact coverage {percent(coverage.total.exact_share)}",
        ),
    ]
    fit = report.tokenizer
    if fit is not None:
        limit = "no limit" if fit.max_length is None else f"{fit.max_length} tokens"
        rows.append(("sentences too long", f"{fit.too_long:,}", f"{limit}; {fit.cut_off:,} gold mentions beyond"))
        rows.append(
            ("unknown tokens", percent(fit.unknown_share), f"{fit.tokens / max(fit.words, 1):.2f} tokens a word")
        )
    return Section("What the links are", ("measure", "value", "that is"), tuple(rows))


def _types(report: DoctorReport) -> Section:
    rows = []
    for spread in report.purity.types[:MOST_TYPES]:
        labels = [f"{name} {number:,}" for name, number in list(spread.labels.items())[:MOST_LABELS]]
        rows.append(
            (
                spread.label,
                f"{spread.links:,}",
                percent(spread.gold_share),
                percent(spread.purity),
                ", ".join(labels) or "–",
            )
        )
    return Section("Graph types, most linked first", ("type", "links", "gold", "purity", "labels"), tuple(rows))


def _noise(report: DoctorReport) -> Section:
    rows = tuple(
        (each.form, f"{each.links:,}", f"{each.gold:,}", f"{each.touching:,}", each.label)
        for each in report.noise[:MOST_NOISE]
    )
    title = f"Commonest noise in the training sentences ({len(report.noise):,} forms, all in the stop list)"
    return Section(title, ("form", "links", "gold", "in part", "linked to"), rows)
