"""Fine-tune a tagger with a knowledge graph, with Transformers' own Trainer.

    python examples/ner_finetune.py CORPUS GRAPH OUTPUT [MODEL]

CORPUS is a folder with train, dev and test files, GRAPH a graph folder or a source of one, MODEL a hub name or folder.
Only the lines marked with a plus differ from plain fine-tuning.
"""

import sys

import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, Trainer, TrainingArguments

import kgattn
from kgattn.ner import LabelSet, load_corpus
from kgattn.ner.collate import Collator
from kgattn.ner.features import encode_sentences
from kgattn.ner.metrics import entity_scores
from kgattn.ner.predict import make_batches, predict_tags


def main(
    corpus_path: str, graph_path: str, output: str, model_name: str = "bert-base-cased", epochs: float = 5
) -> float:
    """Train on the corpus, save the model, and return strict typed entity F1 on its test sentences, in [0, 1]."""
    corpus = load_corpus(corpus_path)
    labels = LabelSet(corpus.entity_types)
    tokenizer = AutoTokenizer.from_pretrained(model_name)
    model = AutoModelForTokenClassification.from_pretrained(model_name, id2label=dict(enumerate(labels.tags)))

    graph = kgattn.KnowledgeGraph.load(graph_path)  # +
    processor = kgattn.Processor(tokenizer, kgattn.EntityLinker(graph))  # +
    model = kgattn.inject(model, graph)  # +

    collator = Collator(processor)
    plugin = list(model.kgattn.parameters())  # +
    base = [parameter for name, parameter in model.named_parameters() if not name.startswith("kgattn.")]
    optimizer = torch.optim.AdamW([{"params": base, "lr": 2e-5}, {"params": plugin, "lr": 2e-4}])  # + its own rate
    arguments = TrainingArguments(
        output_dir=output,
        num_train_epochs=epochs,
        per_device_train_batch_size=16,
        remove_unused_columns=False,  # + or Trainer drops the links
        dataloader_pin_memory=torch.cuda.is_available(),
        save_strategy="no",
        report_to="none",
    )
    train = encode_sentences(corpus.train, processor, labels).features
    trainer = Trainer(model, arguments, collator, train_dataset=train, optimizers=(optimizer, None))
    trainer.train()
    kgattn.save_pretrained(model, output, processor)

    test = encode_sentences(corpus.test, processor, labels)
    predicted = predict_tags(model, make_batches(test, collator, 64), labels)
    return entity_scores([sentence.tags for sentence in corpus.test], predicted).f1


if __name__ == "__main__":
    print(f"test F1: {100 * main(*sys.argv[1:]):.1f}")
