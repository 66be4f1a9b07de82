"""What can be told about a comparison before its first run: whether every arm can be trained at all."""

from collections.abc import Sequence

from kgattn.errors import ConfigError
from kgattn.evidence.arms import Arm
from kgattn.graph import KnowledgeGraph
from kgattn.injection import inject
from kgattn.ner.corpus import Corpus
from kgattn.ner.labels import LabelSet
from kgattn.training.checkpoints import load_tagger, load_tokenizer
from kgattn.training.config import TrainConfig


def check_arms(arms: Sequence[Arm], config: TrainConfig, corpus: Corpus) -> None:
    """Load the model once and inject it as each arm does, though with a graph of one triple; nothing is written.

    Arms run one after the other, and the first one may be plain: without this, a model that cannot be injected is
    noticed only when that run is done.

    Raises:
        ConfigError: Settings leave an arm nothing to inject, leave windows no room, or the model is not found.
        InjectionError: The model cannot be injected.
        LinkingError: There is no such language or pipeline.
    """
    from kgattn.linking.pipelines import resolve_pipeline  # here, because spaCy takes seconds to import

    learner = next((arm.name for arm in arms if arm.distant and not config.distant_epochs), None)
    if learner is not None:
        raise ConfigError(
            f"the arm {learner} needs distant_epochs above 0, or it would be plain; set it or leave the arm out"
        )
    injections = {arm.injection(config.injection) for arm in arms}
    tokenizer = load_tokenizer(config.model)
    if config.max_length - tokenizer.num_special_tokens_to_add(pair=False) - config.stride < 1:
        raise ConfigError(
            f"max_length must exceed stride {config.stride} and the special tokens, got {config.max_length}; raise it"
        )
    resolve_pipeline(config.language)
    model = load_tagger(config.model, LabelSet(corpus.entity_types))
    stand_in = KnowledgeGraph.from_triples([("head", "relation", "tail")])
    for injection in injections:
        if injection is not None:
            inject(model, stand_in, injection).kgattn.remove()


def check_graph(arms: Sequence[Arm], graph: KnowledgeGraph) -> None:
    """Change the graph as each arm does, once: a control that changes nothing would be a second biased arm.

    Raises:
        ConfigError: There is nothing in the graph that an arm could change.
    """
    for arm in arms:
        if arm.graph is not None:
            arm.graph(graph, 0)
