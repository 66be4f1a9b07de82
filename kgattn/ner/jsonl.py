"""Read a corpus of one JSON object a line, with `tokens` and `ner_tags`."""

import json
from pathlib import Path
from typing import Any

from kgattn.errors import CorpusError
from kgattn.ner.columns import read_lines
from kgattn.ner.raw import RawSentence


def read_jsonl(path: Path) -> list[RawSentence]:
    """Read `{"tokens": ["Berlin"], "ner_tags": ["B-LOC"]}` lines; other keys are left alone, empty lines too.

    Raises:
        CorpusError: A line is no such object, its two lists differ in length, a tag is a number, or a word no Unicode.
    """
    sentences = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        words, tags = _entry(f"{path}:{number}", line)
        if words:
            sentences.append(RawSentence(tuple(words), tuple(tags), (number,) * len(words), str(path)))
    if not sentences:
        raise CorpusError(f"{path}: expected one JSON object a line, got no sentence; is this the right file?")
    return sentences


def _entry(where: str, line: str) -> tuple[list[str], list[str]]:
    try:
        entry: Any = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise CorpusError(f"{where}: expected a JSON object, got text that does not parse ({error})") from error
    if not isinstance(entry, dict) or "tokens" not in entry or "ner_tags" not in entry:
        raise CorpusError(f"{where}: expected an object with the keys tokens and ner_tags; rename or add them")
    words, tags = entry["tokens"], entry["ner_tags"]
    for key, values in (("tokens", words), ("ner_tags", tags)):
        if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
            raise CorpusError(
                f"{where}: expected {key} to be a list of strings that are not empty; write tags by name, such as B-PER"
            )
    try:
        "".join(words).encode("utf-8")
    except UnicodeEncodeError:
        raise CorpusError(f"{where}: expected valid Unicode, got half a surrogate pair in tokens; mend it") from None
    if len(words) != len(tags):
        raise CorpusError(f"{where}: expected one tag a word, got {len(words)} tokens and {len(tags)} ner_tags")
    return words, tags
