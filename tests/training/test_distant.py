"""Distant supervision: what is learnt, from what, and that gold has no part in it."""

from dataclasses import replace

import pytest
import torch

from kgattn.errors import ConfigError, RunError
from kgattn.graph import KnowledgeGraph
from kgattn.injection import InjectionConfig, inject
from kgattn.ner.collate import Collator
from kgattn.ner.corpus import Corpus, sample_indices
from kgattn.ner.features import encode_sentences, encode_texts
from kgattn.ner.labels import LabelSet
from kgattn.training.checkpoints import load_tagger, quiet_transformers
from kgattn.training.distant import UNLINKED_WEIGHT, distant_loss, distant_steps, learn_links
from kgattn.training.distant_targets import DistantTargets
from kgattn.training.parts import make_processor
from kgattn.training.run import train_run
from tests.training.test_resume import Killed, stop_at


@pytest.fixture(scope="module")
def typed() -> KnowledgeGraph:
    places = {"Paris": ("city", "capital"), "Berlin": ("city", "capital"), "New York": ("city",), "Rome": ("city",)}
    return KnowledgeGraph.from_triples(
        [("Paris", "in", "France"), ("Berlin", "in", "Germany"), ("New York", "in", "USA"), ("Rome", "in", "Italy")],
        types=places,
    )


def window(slots: list[int], entities: list[list[int]], priors: list[list[float]]) -> dict:
    return {"kg_token_slot": slots, "kg_entities": entities, "kg_priors": priors}


def test_targets_say_where_mentions_are_and_what_the_likeliest_entity_is(typed):
    paris, york = typed.entity_index("Paris"), typed.entity_index("New York")
    city, capital = (list(typed.type_ids).index(name) for name in ("city", "capital"))
    rows = [
        window([0, 1, 2, 2, 0], [[paris, -1], [paris, york]], [[1.0, 0.0], [0.2, 0.8]]),
        window([0, 1, 0], [[york]], [[1.0]]),
    ]
    targets = DistantTargets(typed, (city, capital))

    table = targets.batch(rows, torch.tensor([[0, 1, 2, 2, 0], [0, 1, 0, 0, 0]]))

    nothing, begin_city = [0, 0, 0, 0], [1, 1, 1, 0]
    assert table.tolist() == [
        [nothing, [1, 1, 1, 1], begin_city, [1, 0, 1, 0], nothing],
        [nothing, begin_city, nothing, nothing, nothing],
    ]


def test_only_types_of_ten_mentions_are_learnt_commonest_first(typed):
    paris, york = typed.entity_index("Paris"), typed.entity_index("New York")
    rows = [window([1], [[york]], [[1.0]])] * 3 + [window([1], [[paris]], [[1.0]])] * 9
    names = [typed.type_ids[row] for row in DistantTargets.of(typed, rows).types]
    assert names == ["city"]
    names = [typed.type_ids[row] for row in DistantTargets.of(typed, [*rows, rows[-1]]).types]
    assert names == ["city", "capital"]


def test_what_is_not_linked_counts_little_and_padding_nothing():
    logits, targets = torch.zeros(1, 3, 2), torch.tensor([[[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]])
    mask = torch.tensor([[1, 1, 0]])
    logits[0, 1] = 5.0  # an unlinked token called a mention
    wrong = 2 * torch.nn.functional.softplus(torch.tensor(5.0))
    even = 2 * torch.tensor(2.0).log()
    expected = (even + UNLINKED_WEIGHT * wrong) / (1 + UNLINKED_WEIGHT)
    torch.testing.assert_close(distant_loss(logits, targets, mask), expected)


def test_it_opens_the_gates_changes_the_model_and_leaves_no_head(corpus, typed, config, injection):
    labels = LabelSet(corpus.entity_types)
    processor = make_processor(config.model, typed, "en")
    split = encode_sentences(corpus.train, processor, labels)
    model = inject(load_tagger(config.model, labels), typed, injection)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    settings = replace(config, arm="biased", distant_epochs=2.0)
    with quiet_transformers():
        learn_links(
            model, typed, split.features, Collator(processor), settings, device=torch.device("cpu"), autocast=None
        )
    after = model.state_dict()
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {"kgattn.pair_bias.gate", "kgattn.mention_values.gate"} <= changed
    assert any(name.startswith("bert.encoder") for name in changed)
    assert not any(name.startswith("classifier") for name in changed), "the tagger's own head has nothing to learn here"


@pytest.mark.parametrize("arm", ["biased", "distilled"])
def test_gold_outside_the_sample_has_no_say(corpus: Corpus, typed, config, injection, untimed, arm):
    """Distant supervision reads all training sentences; only the sampled ones' gold may reach the model."""
    config = replace(config, arm=arm, distant_epochs=1.0, epochs=2)
    options = {"injection": injection} if arm == "biased" else {"distant": True}
    sampled = set(sample_indices(len(corpus.train), config.limit_train, config.seed))
    forged = replace(
        corpus,
        train=tuple(
            sentence if number in sampled else replace(sentence, tags=("B-PER",) * len(sentence.words))
            for number, sentence in enumerate(corpus.train)
        ),
    )
    assert forged.train != corpus.train

    one, two = (
        untimed(train_run(config, sentences, typed, None, **options)) | {"corpus": None}
        for sentences in (corpus, forged)
    )

    assert one == two


def test_it_uses_sentences_outside_the_sample(corpus: Corpus, typed, config, injection, untimed):
    config = replace(config, arm="biased", distant_epochs=1.0, epochs=1)
    sampled = sample_indices(len(corpus.train), config.limit_train, config.seed)
    alone = replace(corpus, train=tuple(corpus.train[number] for number in sampled))
    one, two = (
        untimed(train_run(config, sentences, typed, None, injection=injection)) for sentences in (corpus, alone)
    )
    assert one["gates"] != two["gates"]


def test_it_uses_unlabelled_texts(corpus: Corpus, typed, config, injection, untimed):
    config = replace(config, arm="biased", distant_epochs=1.0, epochs=1)
    more = replace(corpus, unlabelled=("Ada went to Paris and Berlin.", "Rome is old, New York is not. " * 40))
    one, two = (untimed(train_run(config, sentences, typed, None, injection=injection)) for sentences in (corpus, more))
    assert one["gates"] != two["gates"]
    assert one["corpus"]["sentences"] == two["corpus"]["sentences"]


def test_texts_become_windows_without_labels(typed, config):
    processor = make_processor(config.model, typed, "en")
    split = encode_texts(["Ada went to Paris.", "Rome is old, New York is not. " * 40], processor, 32, 8)
    assert not split.sentences
    assert [feature["sentence"] for feature in split.features] == [0] + [1] * (len(split.features) - 1)
    assert len(split.features) > 10
    assert all(len(feature["input_ids"]) <= 32 and "labels" not in feature for feature in split.features)
    assert split.features[0]["kg_entities"][0][0] == typed.entity_index("Paris")


def test_distilled_has_no_plugin_and_is_not_plain(corpus, typed, config, untimed):
    distilled = train_run(replace(config, arm="distilled", distant_epochs=1.0), corpus, typed, None, distant=True)
    plain = train_run(config, corpus, typed, None)
    assert (distilled.injection, distilled.parameters) == (None, plain.parameters)
    assert distilled.loss_curve != plain.loss_curve


def test_a_run_killed_after_it_ends_the_same(corpus, typed, config, injection, tmp_path, untimed):
    config = replace(config, arm="biased", distant_epochs=0.5)
    told: list[tuple[int, int]] = []
    straight = train_run(config, corpus, typed, None, injection=injection, progress=lambda *step: told.append(step))
    total = straight.steps
    assert told == [(step, total) for step in range(1, total + 1)], "both phases are told of, as one"
    before = distant_steps(len(corpus.train), config)
    for step in (1, before + 1, before + 5):  # of it, of fine-tuning before the first checkpoint and after it
        with pytest.raises(Killed):
            train_run(config, corpus, typed, tmp_path, injection=injection, progress=stop_at(step))
    resumed = train_run(config, corpus, typed, tmp_path, injection=injection)
    assert untimed(resumed) == untimed(straight)


def test_plain_cannot_have_it_and_distilled_needs_it(corpus, typed, config):
    from kgattn.evidence.arms import ARMS
    from kgattn.evidence.preflight import check_arms

    with pytest.raises(ConfigError, match="distant"):
        train_run(config, corpus, typed, None, distant=True)
    with pytest.raises(ConfigError, match="distilled needs distant_epochs above 0"):
        check_arms([ARMS["distilled"]], config, corpus)
    with pytest.raises(ConfigError, match=r"distant_epochs must be 0 or more, got -1"):
        replace(config, distant_epochs=-1.0)


@pytest.mark.parametrize("settings", [{"values": False}, {"values": False, "content": False}])
def test_every_injection_can_learn(corpus, typed, config, settings):
    """Without values, or without anything made of entity vectors."""
    labels = LabelSet(corpus.entity_types)
    processor = make_processor(config.model, typed, "en")
    windows = encode_sentences(corpus.train, processor, labels).features
    model = inject(load_tagger(config.model, labels), typed, InjectionConfig(entity_dim=16, **settings))
    steps = replace(config, distant_epochs=2.0)
    with quiet_transformers():
        learn_links(model, typed, windows, Collator(processor), steps, device=torch.device("cpu"), autocast=None)
    assert model.kgattn.pair_bias.gate.any()


def test_a_folder_of_a_run_without_it_is_refused(corpus, typed, config, injection, tmp_path):
    config = replace(config, arm="biased", distant_epochs=0.5, epochs=1)
    train_run(config, corpus, typed, tmp_path, injection=injection, distant=False)
    with pytest.raises(RunError, match="distant"):
        train_run(config, corpus, typed, tmp_path, injection=injection)


@pytest.mark.parametrize("given", [{"distant_epochs": 0.0}, {}])
def test_learning_from_links_needs_epochs_and_a_graph(corpus, typed, config, given):
    config = replace(config, arm="distilled", distant_epochs=1.0)
    graph = typed if given else None
    with pytest.raises(ConfigError, match="give a graph and distant_epochs above 0"):
        train_run(replace(config, **given), corpus, graph, None, distant=True)
