from types import SimpleNamespace

import torch

from kgattn.injection import InjectionConfig, inject
from kgattn.ner.collate import Collator
from kgattn.ner.features import encode_sentences
from kgattn.ner.labels import LabelSet
from kgattn.training.checkpoints import load_tagger, load_tokenizer, quiet_transformers
from kgattn.training.environment import commit_of, describe_environment
from kgattn.training.token_dropout import TokenDropout
from kgattn.training.trainer import TaggerTrainer, token_loss


def test_parameters_are_in_three_groups_with_their_own_rates(corpus, graph, config, tmp_path):
    labels = LabelSet(corpus.entity_types)
    model = inject(load_tagger(config.model, labels), graph, InjectionConfig(entity_dim=16, code_dim=32))
    tokenizer = load_tokenizer(config.model)
    split = encode_sentences(corpus.train, tokenizer, labels)
    with quiet_transformers():
        trainer = TaggerTrainer(
            model,
            config,
            split.features,
            Collator(tokenizer),
            lambda _: 0.0,
            token_dropout=TokenDropout(tokenizer, 0.0),
            folder=None,
            num_epochs=1,
            device=torch.device("cpu"),
            autocast=None,
        )
        groups = trainer.create_optimizer().param_groups
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    grouped = [[names[id(parameter)] for parameter in group["params"]] for group in groups]
    assert [(group["lr"], group["weight_decay"]) for group in groups] == [(3e-4, 0.01), (3e-4, 0.0), (2e-3, 0.0)]
    assert sorted(name for group in grouped for name in group) == sorted(names.values())
    assert all(name.startswith("kgattn.") for name in grouped[2])
    assert not any(name.startswith("kgattn.") for name in grouped[0] + grouped[1])
    assert all("bias" in name or "LayerNorm" in name for name in grouped[1])


def test_loss_is_a_mean_over_the_labelled_tokens_of_a_whole_step():
    logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[1, -100, 2], [-100, -100, 4]])
    mean = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    torch.testing.assert_close(token_loss(SimpleNamespace(logits=logits), labels), mean)
    parts = [token_loss(SimpleNamespace(logits=logits[i : i + 1]), labels[i : i + 1], torch.tensor(3)) for i in (0, 1)]
    torch.testing.assert_close(parts[0] + parts[1], mean)


def test_environment_names_versions_device_and_commit(tmp_path):
    values = describe_environment(torch.device("cpu"), torch.bfloat16)
    assert values["versions"]["torch"].startswith(torch.__version__.split("+")[0])
    assert (values["device"], values["dtype"]) == ("cpu", "bfloat16")
    assert values["threads"] >= 1
    assert commit_of(tmp_path) is None
