"""The variants of a graph's names as forms beside them."""

from collections.abc import Iterator, Set
from typing import NamedTuple

import numpy as np

from kgattn.graph import KnowledgeGraph
from kgattn.linking.column import Column
from kgattn.linking.config import LinkerConfig
from kgattn.linking.lexicon import Lexicon
from kgattn.linking.members import is_member
from kgattn.linking.name_pieces import chosen_of
from kgattn.linking.persons import having_surnames, surname
from kgattn.linking.policy import CaseRule, case_rule
from kgattn.linking.reading import FormColumns, Request
from kgattn.linking.text_hashes import TextNumbers, TextSet, hashes_of
from kgattn.linking.trie import extend_key
from kgattn.linking.variants import FACTORS, WEAK, variants_of
from kgattn.shapes import Bool, Float, Int


class VariantLinks(NamedTuple):
    """Variants of form f are `[offsets[f], offsets[f + 1])` of the others.

    Attributes:
        offsets: Where those of each form start.
        form: The variant, a form itself.
        factor: Share of the form's weight it has, in (0, 1).
        weak: Whether it is one by weak classes alone.
    """

    offsets: Int[np.ndarray, " form_plus_one"]
    form: Int[np.ndarray, " link"]
    factor: Float[np.ndarray, " link"]
    weak: Bool[np.ndarray, " link"]


def add_variants(
    forms: FormColumns,
    graph: KnowledgeGraph,
    form: Int[np.ndarray, " use"],
    named: Int[np.ndarray, " alias_form"],
    config: LinkerConfig,
    lexicon: Lexicon,
) -> VariantLinks:
    """Add the variants of all forms, and the surnames of persons.

    A variant asks for the case its alias asks for. One that some alias is in any case is left out: it would give way to
    it everywhere. The member of a group is a name, though it may be an everyday word: "Republican".

    Args:
        forms: The forms of the graph's names; the variants' come behind them.
        graph: The graph.
        form: As in `kgattn.linking.forms.Names`; so is `named`.
        named: Where the text of each form stands.
        config: Linker settings.
        lexicon: Words of the texts' language.
    """
    tables, rules = (graph.labels, graph.alias_texts), forms.rule
    linked, factor, weak = Column(np.int32), Column(np.float64), Column(np.bool_)
    count = np.zeros(len(named), dtype=np.int64)
    classes = frozenset(config.variants)
    person = np.zeros(len(named), dtype=bool)
    if "surname" in classes:
        person[form[having_surnames(graph, lexicon) & (form >= 0)]] = True
    free = chosen_of(named[rules == CaseRule.ANY], *tables) if classes else ()
    aliases = TextSet(hashes_of(text.casefold() for texts in free for text in texts))
    known, first = TextNumbers(), 0
    for texts in chosen_of(named, *tables) if classes else ():
        part = slice(first, first + len(texts))
        found = list(_variants(texts, person[part].tolist(), classes, lexicon.language))
        is_alias = aliases.holds(hashes_of(variant.casefold() for _, variant, *_ in found)).tolist()
        found = [one for one, shut_out in zip(found, is_alias, strict=True) if not shut_out]
        rule = list(map(CaseRule, rules[part].tolist()))
        asked = [
            Request(variant, rule[base], is_member(variant, texts[base], lexicon.language))
            for base, variant, *_ in found
        ]
        marks = np.array(
            [2 * rule[base] + one.certain for (base, *_), one in zip(found, asked, strict=True)], dtype=np.uint64
        )
        keys = extend_key(hashes_of(one.text for one in asked), marks)
        new = known.new_in(keys)
        known.add(keys[new], forms.read([_asking_more(asked[place], config, lexicon) for place in new.tolist()]))
        number = known.of(keys)
        matched = number >= 0
        linked.append(number[matched])
        factor.append(np.array([share for _, _, share, _ in found], dtype=np.float64)[matched])
        weak.append(np.array([is_weak for *_, is_weak in found], dtype=np.bool_)[matched])
        bases = np.array([base for base, *_ in found], dtype=np.int64)
        count[part] = np.bincount(bases[matched], minlength=len(texts))
        first += len(texts)
    return VariantLinks(np.concatenate([[0], np.cumsum(count)]), linked.filled, factor.filled, weak.filled)


def _variants(
    texts: list[str], person: list[bool], classes: Set[str], language: str
) -> Iterator[tuple[int, str, float, bool]]:
    """Of each variant the place of its alias among the texts, the variant, its share of the weight, if it is weak."""
    for place, text in enumerate(texts):
        variants = variants_of(text, classes, language)
        by_party = "party" in classes and "Party" in text
        strong = variants_of(text, classes - WEAK, language) if by_party else set(variants)
        last = surname(text) if person[place] else None
        if last is not None:
            variants.setdefault(last, FACTORS["surname"])
        for variant, share in variants.items():
            yield place, variant, share, variant not in strong


def _asking_more(asked: Request, config: LinkerConfig, lexicon: Lexicon) -> Request:
    """The rule of the alias, or what the variant by itself asks for where that is more; None if it may not match.

    "300 (film)" gives no 300, and "AIDS (disease)" no "aids".
    """
    own = case_rule(asked.text, config, lexicon.stop_words)
    return asked._replace(rule=own) if own is None or own == CaseRule.EXACT else asked
