"""A corpus for named entity recognition: sentences of words with IOB2 tags, in train, dev and test."""

import hashlib
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from kgattn.errors import CorpusError
from kgattn.ner.columns import read_columns
from kgattn.ner.jsonl import read_jsonl
from kgattn.ner.raw import RawSentence
from kgattn.ner.schemes import detect_scheme, entity_types, to_iob2

SPLITS = ("train", "dev", "test")
_SPLIT_NAMES = {
    "train": re.compile(r"train"),
    "dev": re.compile(r"dev|valid|(?<![a-z])val(?![a-z])|testa"),
    "test": re.compile(r"test(?!a)"),
}
UNLABELLED = "unlabelled.txt"
_NOT_A_CORPUS = re.compile(
    r"(readme|licen[cs]e|manifest|citation|changelog|copying)|.*\.(md|rst|py|sh|pdf|html|json|zip|gz)$"
)


@dataclass(frozen=True)
class Sentence:
    """Words and their tags, in strict IOB2."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Corpus:
    """Sentences of the three splits; a split that was not given is empty.

    Attributes:
        name: For reports; the folder's or file's name.
        train: Sentences to learn from.
        dev: Sentences to choose by.
        test: Sentences to report on, looked at once.
        entity_types: Every type that occurs, sorted.
        unlabelled: Further texts of the domain without tags, for distant supervision.
    """

    name: str
    train: tuple[Sentence, ...]
    dev: tuple[Sentence, ...]
    test: tuple[Sentence, ...]
    entity_types: tuple[str, ...]
    unlabelled: tuple[str, ...] = ()

    def split(self, name: str) -> tuple[Sentence, ...]:
        """The sentences of `train`, `dev` or `test`.

        Raises:
            CorpusError: There is no split of this name, or it is empty.
        """
        if name not in SPLITS:
            raise CorpusError(f"expected one of the splits {', '.join(SPLITS)}, got {name!r}")
        sentences: tuple[Sentence, ...] = getattr(self, name)
        if not sentences:
            raise CorpusError(f"the corpus {self.name!r} has no {name} sentences; add a {name} file to its folder")
        return sentences

    def limit(self, train: int | None = None, dev: int | None = None, seed: int = 0) -> "Corpus":
        """A seeded sample of at most this many train and dev sentences; test stays whole.

        The sample depends on the split's size, the number and the seed alone, so it is the same for every arm.
        """
        return replace(
            self,
            train=tuple(self.train[i] for i in sample_indices(len(self.train), train, seed)),
            dev=tuple(self.dev[i] for i in sample_indices(len(self.dev), dev, seed)),
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the sentences of all splits and the unlabelled texts."""
        digest = hashlib.sha256()
        for name in SPLITS:
            digest.update(f"\x02{name}".encode())
            for sentence in getattr(self, name):
                digest.update("\x1e".join((*sentence.words, *sentence.tags, "\x1d")).encode("utf-8", "surrogatepass"))
        for text in self.unlabelled:
            digest.update(f"\x03{text}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def sample_indices(total: int, number: int | None, seed: int) -> list[int]:
    """`number` of `range(total)` drawn without replacement by `seed`, ascending; all of them when None or too many."""
    if number is None or number >= total:
        return list(range(total))
    drawn = np.random.default_rng(seed).permutation(total)[:number]
    return sorted(int(index) for index in drawn)


def load_corpus(path_or_name: str | Path) -> Corpus:
    """Read a folder with train, dev and test files, a single file (its sentences become `test`), or a hub data set.

    Files are CoNLL columns or, with the suffix `.jsonl`, JSON lines. All splits are in one tag scheme, found by
    looking at the tags, and come out as IOB2. A hub name needs the `datasets` package. A folder may hold further text
    of the domain, a passage a line, in `unlabelled.txt`.

    Raises:
        CorpusError: Nothing is found there, or a file is malformed; file and line are named.
    """
    path = Path(path_or_name).expanduser()
    if path.is_dir():
        files = split_files(path)
        corpus = corpus_from_raw(path.resolve().name, {split: read_sentences(file) for split, file in files.items()})
        return replace(corpus, unlabelled=read_passages(path / UNLABELLED))
    if path.is_file():
        return corpus_from_raw(path.stem, {"test": read_sentences(path)})
    from kgattn.ner.hub import read_hub

    return corpus_from_raw(str(path_or_name), read_hub(str(path_or_name)))


def read_sentences(path: Path) -> list[RawSentence]:
    """Read one file, by its suffix: `.jsonl` as JSON lines, anything else as columns."""
    return read_jsonl(path) if path.suffix == ".jsonl" else read_columns(path)


def read_passages(path: Path) -> tuple[str, ...]:
    """The lines of a text file that are not blank; none when there is no file.

    Raises:
        CorpusError: It is not UTF-8.
    """
    if not path.is_file():
        return ()
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} must be text in UTF-8 and is not ({error.reason}); convert it") from None
    return tuple(line.strip() for line in lines if line.strip())


def corpus_from_raw(name: str, splits: dict[str, list[RawSentence]]) -> Corpus:
    """Check the tag scheme over all splits together and rewrite it as IOB2.

    Raises:
        CorpusError: The tags are in no known scheme or break its rules.
    """
    scheme = detect_scheme([sentence for split in splits.values() for sentence in split])
    ready = {
        split: tuple(Sentence(raw.words, to_iob2(raw.tags, scheme)) for raw in splits.get(split, ()))
        for split in SPLITS
    }
    types = entity_types(sentence.tags for split in ready.values() for sentence in split)
    if not types:
        raise CorpusError(f"the corpus {name!r} holds no entity; every tag is O, so there is nothing to learn or score")
    return Corpus(name, ready["train"], ready["dev"], ready["test"], types)


def split_files(folder: Path) -> dict[str, Path]:
    """Which file of a folder is which split, by name: `train`; `dev`, `devel`, `valid`; `test`.

    Raises:
        CorpusError: No file is any split, or two files could be the same one.
    """
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.iterdir()):
        name = file.name.lower()
        if not file.is_file() or name.startswith(".") or name == UNLABELLED or _NOT_A_CORPUS.match(name):
            continue
        for split in SPLITS:
            if _SPLIT_NAMES[split].search(name):
                found.setdefault(split, []).append(file)
                break
    for split, files in found.items():
        if len(files) > 1:
            names = ", ".join(file.name for file in files)
            raise CorpusError(f"{folder}: expected one {split} file, got {names}; keep one of them in the folder")
    if not found:
        raise CorpusError(f"{folder}: expected files named train, dev and test, found none; rename the corpus files")
    return {split: files[0] for split, files in found.items()}
