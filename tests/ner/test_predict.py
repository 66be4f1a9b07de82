from types import SimpleNamespace

import pytest
import torch
from torch import nn

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, Processor
from kgattn.ner.collate import Collator
from kgattn.ner.corpus import Sentence
from kgattn.ner.features import encode_sentences
from kgattn.ner.labels import LabelSet
from kgattn.ner.predict import make_batches, predict_tags

LABELS = LabelSet(("A",))


class ByLetter(nn.Module):
    """Tags a token B-A if its piece is `a`, I-A if `b`, else O; remembers the batches it saw."""

    def __init__(self, tokenizer):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.tag_of = {tokenizer.convert_tokens_to_ids("a"): 1, tokenizer.convert_tokens_to_ids("b"): 2}
        self.shapes = []

    def forward(
        self, input_ids, attention_mask, token_type_ids=None, kg_token_slot=None, kg_entities=None, kg_priors=None
    ):
        assert not self.training
        self.shapes.append(tuple(input_ids.shape))
        tags = torch.zeros_like(input_ids)
        for piece, tag in self.tag_of.items():
            tags[(input_ids == piece) & (attention_mask == 1)] = tag
        return SimpleNamespace(logits=nn.functional.one_hot(tags, 3).float() + self.weight)


SENTENCES = [
    Sentence(tuple(words.split(" ")), ("O",) * len(words.split(" ")))
    for words in ("a b c", "h \u200b ba ab", "c", " ".join("abcdefgh" * 3), "\x07")
]
EXPECTED = [
    ["B-A", "I-A", "O"],
    ["O", "O", "I-A", "B-A"],
    ["O"],
    ["B-A", "I-A", "O", "O", "O", "O", "O", "O"] * 3,
    ["O"],
]


@pytest.mark.parametrize("padding_side", ["right", "left"])
@pytest.mark.parametrize("linked", [False, True])
def test_every_word_gets_the_tag_of_its_first_piece(tokenizer, padding_side, linked):
    tokenizer.padding_side = padding_side
    graph = KnowledgeGraph.from_triples([("ab", "r", "cd")])
    processor = Processor(tokenizer, EntityLinker(graph, nlp="en")) if linked else tokenizer
    split = encode_sentences(SENTENCES, processor, LABELS, max_length=10, stride=3)
    model = ByLetter(tokenizer).train()
    batches = make_batches(split, Collator(processor), batch_size=3)
    assert predict_tags(model, batches, LABELS, autocast=torch.bfloat16) == EXPECTED
    assert model.training
    lengths = [shape[1] for shape in model.shapes]
    assert lengths == sorted(lengths, reverse=True)


def test_no_sentences_give_no_tags(tokenizer):
    batches = make_batches(encode_sentences([], tokenizer, LABELS), Collator(tokenizer))
    assert predict_tags(ByLetter(tokenizer), batches, LABELS) == []


@pytest.mark.parametrize("padding_side", ["right", "left"])
def test_labels_are_padded_on_the_tokenizers_side(tokenizer, padding_side):
    tokenizer.padding_side = padding_side
    split = encode_sentences([SENTENCES[0], SENTENCES[2]], tokenizer, LABELS)
    batch = Collator(tokenizer)(list(split.features))
    assert batch["labels"].shape == batch["input_ids"].shape
    assert bool((batch["labels"][batch["attention_mask"] == 0] == -100).all())
    assert int((batch["labels"] >= 0).sum()) == 4
