"""The two corpora of the demo: a positive control, which needs the graph, and a negative control, which does not.

Positive: what is to be found are cities, countries, currencies, languages and subdivisions of the bundled graph, in
sentences that say nothing about the kind ("We talked about X again on Friday ."). No name of the test part is in train
or dev, so a model without the graph can only guess from the look of a name. There is noise: made-up names in the same
sentences (no entity), people that bear the name of a place ("Her brother Jordan plays the cello .": PERSON, told by the
sentence), sentences without any name.

Negative: sentences full of the same kind of names, none of which is to be found; products, roles and moods are, told by
the sentence alone, and a third of the test sentences are of a make that train lacks. The graph knows nothing about all
this, so it must not help.

Each file holds one JSON object a line with `tokens` and `ner_tags` (IOB2), nothing else. The same code and the same
bundled graph give the same bytes. The sentences are this project's own, under its licence.
"""

import json
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

from kg_data import bundled_graph
from kg_data import demo_templates as templates
from kg_data.demo_names import SPLITS, Draw, NamePool, name_pools
from kg_data.tables_writer import write_text
from kgattn.graph import KnowledgeGraph

FOLDER = Path(__file__).parent / "demo"
SENTENCES = {"train": 120, "dev": 100, "test": 400}
# How often a name of each label stands in a sentence of the positive control.
LABEL_SHARES = {"CITY": 5, "COUNTRY": 3, "CURRENCY": 3, "LANGUAGE": 4, "SUBDIVISION": 5}
INVENTED_SHARE = 0.12
PERSON_SHARE = 0.2
PLAIN_SHARE = 0.05
PLACE_PERSON_SHARE = 0.6

Filler = Callable[[str], tuple[str, str]]
Sentence = tuple[list[str], list[str]]


def write_corpora(folder: Path = FOLDER) -> None:
    """Write both corpora from the bundled graph.

    Args:
        folder: Gets `positive` and `negative`, each with train.jsonl, dev.jsonl and test.jsonl.

    Raises:
        StorageError: A file cannot be written; files not yet reached are as they were.
    """
    for name, text in render_corpora(bundled_graph.build()).items():
        write_text(folder / name, text)


def render_corpora(graph: KnowledgeGraph) -> dict[str, str]:
    """Render both corpora as files: name below the folder -> text."""
    files = {}
    for kind, generate in (("positive", positive_sentences), ("negative", negative_sentences)):
        pools = name_pools(graph, seed=kind)
        for split in SPLITS:
            lines = [
                json.dumps({"tokens": tokens, "ner_tags": tags}, ensure_ascii=False)
                for tokens, tags in generate(pools[split], split)
            ]
            files[f"{kind}/{split}.jsonl"] = "\n".join(lines) + "\n"
    return files


def positive_sentences(pool: NamePool, split: str) -> list[Sentence]:
    """Generate one split of the positive control."""
    draw = Draw(f"positive {split}")
    known = {label: _endless(names, draw) for label, names in pool.known.items()}
    invented = _endless(pool.invented, draw)
    surnames = [*pool.invented[: len(pool.first_names)], *pool.known["CITY"][: len(pool.first_names)]]
    labels = [label for label, share in LABEL_SHARES.items() for _ in range(share)]

    def fill(slot: str) -> tuple[str, str]:
        if slot == "person":
            first_names = pool.place_first_names if draw.chance(PLACE_PERSON_SHARE) else pool.first_names
            first = draw.pick(first_names)
            return (f"{first} {draw.pick(surnames)}" if draw.chance(0.4) else first), "PERSON"
        if draw.chance(INVENTED_SHARE):
            return next(invented), "O"
        label = draw.pick(labels)
        return next(known[label]), label

    sentences = []
    neutral, person = _endless(list(templates.NEUTRAL), draw), _endless(list(templates.PERSON), draw)
    for _ in range(SENTENCES[split]):
        if draw.chance(PLAIN_SHARE):
            template = draw.pick(templates.PLAIN)
        else:
            template = next(person if draw.chance(PERSON_SHARE) else neutral)
        sentences.append(fill_template(template, fill))
    return sentences


def negative_sentences(pool: NamePool, split: str) -> list[Sentence]:
    """Generate one split of the negative control."""
    draw = Draw(f"negative {split}")
    place = SPLITS.index(split)
    known = _endless([name for names in pool.known.values() for name in names], draw)
    words = {
        "product": _endless(pool.invented[:150], draw),
        "role": _endless(list(templates.ROLES[place]), draw),
        "mood": _endless(list(templates.MOODS[place]), draw),
    }

    def fill(slot: str) -> tuple[str, str]:
        if slot == "place":
            return next(known), "O"
        word = next(words[slot.removeprefix("not_")])
        return word, "O" if slot.startswith("not_") else slot.upper()

    kinds = [
        _endless(list(seen + unseen if split == "test" else seen), draw)
        for seen, unseen in (
            (templates.PRODUCT, templates.PRODUCT_TEST),
            (templates.ROLE, templates.ROLE_TEST),
            (templates.MOOD, templates.MOOD_TEST),
        )
    ]
    sentences = []
    for _ in range(SENTENCES[split]):
        template = draw.pick(templates.PLAIN) if draw.chance(PLAIN_SHARE) else next(draw.pick(kinds))
        sentences.append(fill_template(template, fill))
    return sentences


def fill_template(template: str, fill: Filler) -> Sentence:
    """Put names into a template.

    Args:
        template: Words set apart by spaces; `{slot}` is filled.
        fill: Gives for a slot the text, of one or more words, and its label or "O".

    Returns:
        Tokens and IOB2 tags, of equal length.
    """
    tokens: list[str] = []
    tags: list[str] = []
    for word in template.split():
        if not word.startswith("{"):
            tokens.append(word)
            tags.append("O")
            continue
        text, label = fill(word.strip("{}"))
        for position, token in enumerate(text.split()):
            tokens.append(token)
            tags.append("O" if label == "O" else f"{'I' if position else 'B'}-{label}")
    return tokens, tags


def _endless(items: list[str], draw: Draw) -> Iterator[str]:
    """Give the items in a random order, over and over."""
    return cycle(draw.shuffled(items))
