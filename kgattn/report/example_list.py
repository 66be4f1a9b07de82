"""Sentences in which an entity was won or lost, marked in place."""

from collections.abc import Sequence
from html import escape

from kgattn.evidence.flow import Example


def example_list(examples: Sequence[Example]) -> str:
    """The sentences as HTML, won and lost apart; nothing for none."""
    parts = []
    for won, title in ((True, "Missed by plain, found by biased"), (False, "Found by plain, missed by biased")):
        chosen = [example for example in examples if example.won is won]
        if chosen:
            items = "".join(f"<li>{_example(example)}</li>" for example in chosen)
            parts.append(f'<h4>{title}</h4><ul class="examples">{items}</ul>')
    return "".join(parts)


def _example(example: Example) -> str:
    before, inside, after = (
        escape(" ".join(words))
        for words in (
            example.words[: example.start],
            example.words[example.start : example.end],
            example.words[example.end :],
        )
    )
    runs = "run" if example.seeds == 1 else "runs"
    return (
        f"<p>{before} <mark>{inside}</mark> {after}</p>"
        f'<p class="note">gold: {escape(example.entity_type)} · plain: {escape(example.before or "nothing")} · '
        f"biased: {escape(example.after or 'nothing')} · in {int(example.seeds)} {runs}</p>"
    )
