"""What a model's tokenizer does to the sentences: what it cuts off, and what it does not know."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kgattn.errors import ConfigError
from kgattn.evidence.doctor.coverage import share
from kgattn.evidence.doctor.linked import LinkedSplit

_CHUNK = 1024


@dataclass(frozen=True)
class TokenizerFit:
    """How a tokenizer takes the sentences of a split.

    Attributes:
        max_length: Longest input in tokens, special ones included; None where the tokenizer names no limit.
        sentences: Sentences.
        too_long: Sentences longer than that. `kgattn train` cuts them into windows and loses nothing.
        gold: Gold mentions.
        cut_off: Gold mentions that would lose a word where sentences are cut at `max_length` instead.
        tokens: Tokens without special ones.
        unknown: Tokens that stand for anything the vocabulary does not hold.
        words: Words.
    """

    max_length: int | None
    sentences: int
    too_long: int
    gold: int
    cut_off: int
    tokens: int
    unknown: int
    words: int

    @property
    def unknown_share(self) -> float:
        """Share of the tokens that are unknown, in [0, 1]."""
        return share(self.unknown, self.tokens)

    def to_json(self) -> dict[str, Any]:
        """Counts, and tokens a word."""
        return {
            **asdict(self),
            "unknown_share": self.unknown_share,
            "tokens_per_word": share(self.tokens, self.words),
        }


def fit_tokenizer(split: LinkedSplit, tokenizer: Any) -> TokenizerFit:
    """Count what a tokenizer makes of a split.

    Args:
        split: Sentences with gold.
        tokenizer: A fast tokenizer of Transformers.

    Raises:
        ConfigError: It is none.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise ConfigError(
            f"tokenizer must be a fast one of Transformers, got {type(tokenizer).__name__}; load it by AutoTokenizer"
        )
    given = int(tokenizer.model_max_length)
    limit = given if given < 10**9 else None  # Transformers writes 10**30 for "none"
    room = None if limit is None else limit - tokenizer.num_special_tokens_to_add(pair=False)
    too_long = cut_off = tokens = unknown = 0
    for number, (ids, words) in enumerate(_encoded(split.words, tokenizer)):
        tokens += len(ids)
        if tokenizer.unk_token_id is not None:
            unknown += ids.count(tokenizer.unk_token_id)
        if room is not None and len(ids) > room:
            too_long += 1
            first_lost = words[room]
            cut_off += sum(end > first_lost for _, end, _ in split.gold[number])
    golden = sum(map(len, split.gold))
    return TokenizerFit(limit, len(split.words), too_long, golden, cut_off, tokens, unknown, split.num_words)


def _encoded(sentences: Sequence[Sequence[str]], tokenizer: Any) -> Any:
    """Token numbers and the word of each token, sentence by sentence, nothing cut and nothing added."""
    for first in range(0, len(sentences), _CHUNK):
        rows = [list(words) for words in sentences[first : first + _CHUNK]]
        # Cutting is asked for, at a length nothing reaches: otherwise long sentences are warned about.
        encoding = tokenizer(
            rows, is_split_into_words=True, add_special_tokens=False, truncation=True, max_length=10**8
        )
        for number in range(len(rows)):
            yield encoding["input_ids"][number], encoding.word_ids(number)
