"""Tag schemes: find out which one a corpus uses, check it, and rewrite it as IOB2.

IOB2 (also "BIO"): every entity starts with B. IOB1 (Ramshaw and Marcus 1995, arXiv:cmp-lg/9505040): B only between
two touching entities of one type. BILOU and BIOES: also the last word and one-word entities have their own letters.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from kgattn.errors import CorpusError
from kgattn.ner.raw import RawSentence

Scheme = Literal["IOB2", "IOB1", "BILOU", "BIOES"]
TAG = re.compile(r"O|[BILUES]-.+")
_LETTERS = {"BILOU": frozenset("BILU"), "BIOES": frozenset("BIES")}
_END = {"BILOU": "L", "BIOES": "E"}
_SINGLE = {"BILOU": "U", "BIOES": "S"}


def split_tag(tag: str) -> tuple[str, str]:
    """Letter and entity type of a tag, split at its first hyphen: `"B-creative-work"` is B, creative-work."""
    letter, _, entity_type = tag.partition("-")
    return letter, entity_type


def detect_scheme(sentences: Sequence[RawSentence]) -> Scheme:
    """The scheme all the sentences together are written in, every tag checked against it.

    Raises:
        CorpusError: A tag is in no known scheme, or a tag breaks the rules of the scheme the others are in.
    """
    letters: dict[str, str] = {}
    for sentence in sentences:
        for line, tag in zip(sentence.lines, sentence.tags, strict=True):
            if not TAG.fullmatch(tag):
                raise CorpusError(
                    f"{sentence.file}:{line}: unknown tag scheme: expected O or a tag such as B-PER in IOB2, IOB1, "
                    f"BILOU or BIOES, got {tag!r}; rewrite the tags"
                )
            letters.setdefault(tag[0], f"{sentence.file}:{line}")
    used = frozenset(letters) - {"O"}
    if used <= frozenset("BI"):
        return _iob_version(sentences)
    for scheme in ("BILOU", "BIOES"):
        if used <= _LETTERS[scheme]:
            _check_closed(sentences, _END[scheme], _SINGLE[scheme], scheme)
            return scheme
    where = letters[max(used & frozenset("LUES"), key=lambda letter: letters[letter])]
    raise CorpusError(
        f"{where}: unknown tag scheme: expected IOB2, IOB1, BILOU or BIOES, got tags with the letters "
        f"{', '.join(sorted(used))} together; rewrite the tags"
    )


def to_iob2(tags: Sequence[str], scheme: Scheme) -> tuple[str, ...]:
    """Rewrite the tags of one sentence, already known to be legal in `scheme`, as IOB2."""
    if scheme == "IOB2":
        return tuple(tags)
    if scheme == "IOB1":
        before = ["O", *tags[:-1]]
        return tuple(
            f"B-{tag[2:]}" if tag[0] == "I" and previous[2:] != tag[2:] else tag
            for previous, tag in zip(before, tags, strict=True)
        )
    swap = {_END[scheme]: "I", _SINGLE[scheme]: "B"}
    return tuple(swap.get(tag[0], tag[0]) + tag[1:] for tag in tags)


def entity_types(tag_sequences: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The entity types of tags in IOB2, sorted."""
    return tuple(sorted({tag[2:] for tags in tag_sequences for tag in tags if tag != "O"}))


def iob2_spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """The entities of tags read as strict IOB2: words [start, end) and type. An I that continues nothing is none."""
    spans: list[tuple[int, int, str]] = []
    for place, tag in enumerate(tags):
        letter, entity_type = split_tag(tag)
        if letter == "B":
            spans.append((place, place + 1, entity_type))
        elif letter == "I" and spans and spans[-1][1:] == (place, entity_type):
            spans[-1] = (spans[-1][0], place + 1, entity_type)
    return spans


def _iob_version(sentences: Sequence[RawSentence]) -> Scheme:
    """IOB2 if no entity starts with I; IOB1 if B stands only after a word of the same type; else an error."""
    opens_with_i: str | None = None
    free_b: str | None = None
    for sentence in sentences:
        before = "O"
        for line, tag in zip(sentence.lines, sentence.tags, strict=True):
            same_type = before[2:] == tag[2:]
            if tag[0] == "I" and not same_type:
                opens_with_i = opens_with_i or f"{sentence.file}:{line}"
            if tag[0] == "B" and not same_type:
                free_b = free_b or f"{sentence.file}:{line}"
            before = tag
    if opens_with_i is None:
        return "IOB2"
    if free_b is None:
        return "IOB1"
    raise CorpusError(
        f"{opens_with_i}: unknown tag scheme: an entity starts with I here (IOB1), another with B at {free_b} "
        "(IOB2); use one scheme"
    )


def _check_closed(sentences: Sequence[RawSentence], end: str, single: str, scheme: str) -> None:
    """Raise unless every entity is B I* `end` of one type, or one word marked `single`."""
    for sentence in sentences:
        open_type = ""
        for line, tag in zip(sentence.lines, sentence.tags, strict=True):
            letter, entity_type = split_tag(tag)
            inside = letter in ("I", end)
            if (entity_type != open_type) if inside else bool(open_type):
                wanted = f"I-{open_type} or {end}-{open_type}" if open_type else f"O, B or {single}"
                raise CorpusError(
                    f"{sentence.file}:{line}: breaks the tag scheme {scheme}: expected {wanted}, got {tag!r}; "
                    "mend this tag"
                )
            open_type = entity_type if letter in ("B", "I") else ""
        if open_type:
            raise CorpusError(
                f"{sentence.file}:{sentence.lines[-1]}: breaks the tag scheme {scheme}: expected {end}-{open_type} "
                "before the sentence ends; mend this tag"
            )
