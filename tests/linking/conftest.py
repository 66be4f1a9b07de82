"""A graph of a few places and people, and tiny tokenizers of the three usual kinds."""

import string

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker

LABELS = {
    "Q1": "Jordan",
    "Q2": "Michael Jordan",
    "Q3": "Amman",
    "Q4": "World Health Organization",
    "Q5": "Jordan River",
    "Q6": "diabetes mellitus",
    "Q7": "Chicago",
    "Q8": "北京",
    "Q9": "Saint-Étienne",
}
ALIASES = {
    "Q2": ["Jordan", "M. J."],
    "Q4": ["WHO"],
    "Q5": ["Jordan", "river Jordan"],
    "Q6": ["diabetes"],
    "Q8": ["北京市"],
}
TRIPLES = [
    ("Q3", "capital of", "Q1"),
    ("Q5", "borders", "Q1"),
    ("Q2", "played in", "Q7"),
    ("Q1", "member of", "Q4"),
]
TRAINING = ["Jordan flew from Amman to Chicago and WHO experts stayed there", "The Jordan River has no name"]


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    return KnowledgeGraph.from_triples(TRIPLES, labels=LABELS, aliases=ALIASES)


@pytest.fixture(scope="session")
def linker(graph) -> EntityLinker:
    return EntityLinker(graph)


def wordpiece() -> Tokenizer:
    words = [
        "jordan",
        "chicago",
        "[UNK]",
        "[PAD]",
        "[CLS]",
        "[SEP]",
        "the",
        "and",
        "##bet",
        "##es",
        "##ago",
        "北",
        "京",
    ]
    characters = list(string.ascii_lowercase + string.digits + string.punctuation)
    vocab = dict.fromkeys([*words, *characters, *("##" + character for character in characters)])
    tokenizer = Tokenizer(models.WordPiece({piece: row for row, piece in enumerate(vocab)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def byte_level_bpe(*, trim_offsets: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["[UNK]", "[PAD]", "[CLS]", "[SEP]"]
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=alphabet, special_tokens=special, show_progress=False
    )
    tokenizer.train_from_iterator(TRAINING * 3, trainer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=trim_offsets)
    return tokenizer


def unigram() -> Tokenizer:
    pieces = [
        "▁",
        "▁Jordan",
        "▁Amm",
        "an",
        "dan",
        "ago",
        "▁river",
        "▁WHO",
        "ch",
        "京市",
        "▁the",
        *string.printable.strip(),
    ]
    tokenizer = Tokenizer(
        models.Unigram([("[UNK]", -20.0), *((piece, -1.0 - row / 100) for row, piece in enumerate(pieces))], unk_id=0)
    )
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer


def finish(tokenizer: Tokenizer, padding_side: str = "right") -> PreTrainedTokenizerFast:
    """Add special tokens and wrap for transformers."""
    special = ["[UNK]", "[PAD]", "[CLS]", "[SEP]"]
    tokenizer.add_special_tokens(special)
    template = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    )
    before = [] if tokenizer.post_processor is None else [tokenizer.post_processor]
    tokenizer.post_processor = processors.Sequence([*before, template])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        padding_side=padding_side,
        model_max_length=512,
    )


KINDS = {
    "wordpiece": wordpiece,
    "byte-level": lambda: byte_level_bpe(trim_offsets=True),
    "byte-level with spaces": lambda: byte_level_bpe(trim_offsets=False),
    "unigram": unigram,
}


@pytest.fixture(scope="session", params=KINDS)
def tokenizer(request) -> PreTrainedTokenizerFast:
    return finish(KINDS[request.param]())


@pytest.fixture(scope="session")
def bert_tokenizer() -> PreTrainedTokenizerFast:
    return finish(wordpiece())


@pytest.fixture(params=["left", "right"])
def sided_tokenizer(request) -> PreTrainedTokenizerFast:
    return finish(wordpiece(), request.param)
