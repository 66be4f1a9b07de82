"""Score the model of a finished run on a split of a corpus."""

from pathlib import Path
from typing import Any

from kgattn.errors import RunError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import from_pretrained
from kgattn.ner.collate import Collator
from kgattn.ner.corpus import Corpus
from kgattn.ner.features import encode_sentences
from kgattn.ner.labels import LabelSet
from kgattn.ner.metrics import EntityScores, entity_scores, entity_texts
from kgattn.ner.predict import make_batches, predict_tags
from kgattn.training.checkpoints import load_tokenizer, quiet_transformers
from kgattn.training.config import TrainConfig
from kgattn.training.encode import with_entities, without_links
from kgattn.training.precision import autocast_type, training_device
from kgattn.training.run_folder import MODEL, RunFolder


def evaluate_run(run: Path, corpus: Corpus, split: str = "test", graph: KnowledgeGraph | None = None) -> EntityScores:
    """Strict typed entity scores of a run's model, over all gold entities of a split.

    Args:
        run: Folder of a finished run.
        corpus: Any corpus whose types the model knows. If it is the one the run was trained on, gold entities are told
            apart by whether they were seen in training.
        split: `train`, `dev` or `test`.
        graph: For a plain model: tells linked gold entities from others. An injected model brings its own.

    Raises:
        RunError: The folder holds no finished run, or its model is gone.
        CorpusError: The split is empty, or has types the model does not know.
    """
    folder = RunFolder(run)
    result, identity = folder.result(), folder.identity()
    config = TrainConfig.from_json(identity["config"])
    sentences = corpus.split(split)
    model, processor = _load(folder.path / MODEL)
    if graph is not None and not hasattr(processor, "linker"):
        from kgattn.linking import EntityLinker, Processor

        processor = Processor(processor, EntityLinker(graph))
    device = training_device()
    labels = LabelSet.from_id2label(model.config.id2label)
    encoded = encode_sentences(sentences, processor, labels, config.max_length, config.stride)
    ready = without_links(encoded) if result.injection is None else with_entities(encoded, folder.entity_map())
    tokenizer = getattr(processor, "tokenizer", processor)
    collator = Collator(tokenizer if result.injection is None else processor)
    trained_here = corpus.fingerprint == identity["corpus"]["fingerprint"]
    return entity_scores(
        [sentence.tags for sentence in sentences],
        predict_tags(
            model.to(device),
            make_batches(ready, collator, config.eval_batch_size),
            labels,
            autocast=autocast_type(config.bf16, device),
        ),
        words=[sentence.words for sentence in sentences],
        linked=encoded.linked if hasattr(processor, "linker") else None,
        seen=entity_texts(corpus.limit(config.limit_train, seed=config.seed).train) if trained_here else None,
    )


def _load(folder: Path) -> tuple[Any, Any]:
    """Model and processor, or model and tokenizer where nothing was injected."""
    if not (folder / "config.json").is_file():
        raise RunError(f"{folder.parent} holds no model: {folder / 'config.json'} is missing; train again")
    with quiet_transformers():
        if (folder / "kgattn_config.json").is_file():
            injected: Any = from_pretrained(folder)
            return injected, injected.kgattn.processor
        from transformers import AutoModelForTokenClassification

        return AutoModelForTokenClassification.from_pretrained(folder).eval(), load_tokenizer(str(folder))
