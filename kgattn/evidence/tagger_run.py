"""The run of an arm without a model: predictions are scored like any others, and nothing is trained."""

import time

from kgattn.evidence.arms import ArmInput, Tagger
from kgattn.ner.corpus import Corpus
from kgattn.ner.metrics import entity_scores, entity_texts
from kgattn.ner.slices import word_links
from kgattn.training.encode import EncodedCorpus
from kgattn.training.environment import describe_environment
from kgattn.training.parts import describe_graph
from kgattn.training.precision import autocast_type, training_device
from kgattn.training.result import RunResult


def tagger_result(name: str, tagger: Tagger, corpus: Corpus, encoded: EncodedCorpus, given: ArmInput) -> RunResult:
    """Fit a tagger on train, score it on dev and test.

    Args:
        name: Name of its arm.
        tagger: Predicts.
        corpus: The whole corpus.
        encoded: The sample of it that the seed draws.
        given: Graph, tokenizer and settings of the run.
    """
    started = time.perf_counter()
    predictions = tagger(encoded, given)
    fitted = time.perf_counter()
    seen = entity_texts(encoded.train.sentences)
    dev, test = (
        entity_scores(
            [sentence.tags for sentence in split.sentences],
            tags,
            words=[sentence.words for sentence in split.sentences],
            linked=split.linked,
            seen=seen,
            links=word_links(split, given.graph),
        )
        for split, tags in zip((encoded.dev, encoded.test), predictions, strict=True)
    )
    device = training_device()
    splits = {"train": encoded.train, "dev": encoded.dev, "test": encoded.test}
    return RunResult(
        arm=name,
        seed=given.config.seed,
        config=given.config.to_json(),
        injection=None,
        corpus={
            "name": corpus.name,
            "fingerprint": corpus.fingerprint,
            "entity_types": list(corpus.entity_types),
            "sentences": {part: len(split.sentences) for part, split in splits.items()},
        },
        graph=describe_graph(given.graph),
        dev=dev.to_json(),
        test=test.to_json(),
        test_counts=test.sentence_counts,
        dev_curve=(),
        best_epoch=0,
        epochs=0,
        steps=0,
        unread_words={part: split.unread_words for part, split in splits.items()},
        seconds={"train": fitted - started, "test": time.perf_counter() - fitted},
        parameters={"total": 0, "plugin": 0},
        environment=describe_environment(device, autocast_type(given.config.bf16, device)),  # of the arms beside it
        outcomes=tuple(outcome.spell(corpus.entity_types) for outcome in test.outcomes),
    )
