"""Transformers' token-classification pipeline over an injected model: it links by itself."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedModel, TokenClassificationPipeline
from transformers.pipelines.token_classification import AggregationStrategy

from kgattn.errors import LinkingError
from kgattn.injection.graph_follower import GraphFollower
from kgattn.injection.inject import plugin_of
from kgattn.mentions.batch import KEYS
from kgattn.ner.labels import APART
from kgattn.ner.transitions import allowed_transitions, best_path
from kgattn.shapes import Float

if TYPE_CHECKING:
    from kgattn.linking import Processor

ENTITIES = "entity_digest"
"""Where a window says whose rows `kg_entities` holds."""
WORD_STRATEGIES = (AggregationStrategy.FIRST, AggregationStrategy.AVERAGE, AggregationStrategy.MAX)
"""Those that give one tag to a word."""


class LinkingPipeline(TokenClassificationPipeline):
    """A `TokenClassificationPipeline` that hands its model links; arguments and results are the parent's.

    With the strategies that give one tag to a word (`first`, `average`, `max`), the tags of a window are chosen
    together, as in training and evaluation: types that stay apart in the training sentences do not touch.
    """

    follower: GraphFollower

    @property
    def links(self) -> "Processor":
        """The processor, over the graph the model has now.

        Raises:
            LinkingError: The model was given a graph in which nothing can be linked to.
        """
        return self.follower.over(plugin_of(self.model).graph)

    def preprocess(  # type: ignore[override]  # the parent, too, yields windows where the base class returns one
        self, sentence: Any, offset_mapping: Any = None, **preprocess_params: Any
    ) -> Iterator[dict[str, Any]]:
        """Windows of one text as the parent makes them, each with its mention tensors and a digest of the entities."""
        links = self.links
        tokenizer_params = dict(preprocess_params.pop("tokenizer_params", {}))
        encoding = links(
            sentence,
            is_split_into_words=bool(preprocess_params.get("is_split_into_words")),
            return_tensors="pt",
            truncation=bool(links.tokenizer.model_max_length and links.tokenizer.model_max_length > 0),
            **tokenizer_params,
        )
        parent: Any = super()
        windows = parent.preprocess(sentence, offset_mapping, **preprocess_params, tokenizer_params=tokenizer_params)
        entities = {ENTITIES: links.linker.graph.entity_digest}
        for number, window in enumerate(windows):
            # as one mapping, which the parent's padding leaves alone: it does not know these axes
            window["kg_links"] = {key: encoding[key][number] for key in KEYS} | entities
            yield window

    def _forward(self, model_inputs: dict[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        links = model_inputs.pop("kg_links")
        windows = links if isinstance(links, list) else [links]
        if {window[ENTITIES] for window in windows} != {plugin_of(self.model).graph.entity_digest}:
            raise LinkingError(
                "the model was given another graph while texts linked to the one before were on their way to it; "
                "swap between calls of the pipeline, and give it these texts again"
            )
        length, tokenizer = model_inputs["input_ids"].shape[1], cast(Any, self.tokenizer)
        model_inputs.update(stack_links(windows, length, tokenizer.padding_side))
        parent: Any = super()
        output: dict[str, Any] = parent._forward(model_inputs)
        return output

    def aggregate(
        self, pre_entities: list[dict[str, Any]], aggregation_strategy: AggregationStrategy
    ) -> list[dict[str, Any]]:
        """The parent's entities, of words whose tags were chosen together."""
        apart = getattr(self.model.config, APART, ())
        if apart and pre_entities and aggregation_strategy in WORD_STRATEGIES:
            config: Any = self.model.config
            tags = [config.id2label[number] for number in range(config.num_labels)]
            choose_together(pre_entities, tags, apart, aggregation_strategy)
        parent: Any = super()
        entities: list[dict[str, Any]] = parent.aggregate(pre_entities, aggregation_strategy)
        return entities


def choose_together(
    tokens: list[dict[str, Any]], tags: list[str], apart: Sequence[str], strategy: AggregationStrategy
) -> None:
    """Leave of each word's scores that of its tag on the best path, so that no other is chosen.

    Args:
        tokens: With `scores`, the probability of each tag, and `is_subword`; the scores are changed in place.
        tags: Tag of each number.
        apart: Types that do not touch another of their own.
        strategy: How a word's scores come from those of its tokens.
    """
    words: list[list[dict[str, Any]]] = []
    for token in tokens:
        if words and token["is_subword"]:
            words[-1].append(token)
        else:
            words.append([token])
    scores = np.stack([_word_scores(word, strategy) for word in words])
    with np.errstate(divide="ignore"):
        chosen = best_path(np.log(scores), allowed_transitions(tags, apart))
    for word, tag in zip(words, chosen, strict=True):
        for token in word:
            kept = np.zeros_like(token["scores"])
            kept[tag] = token["scores"][tag]
            token["scores"] = kept


def _word_scores(word: list[dict[str, Any]], strategy: AggregationStrategy) -> Float[np.ndarray, " tag"]:
    """As the parent has them."""
    tokens: list[Float[np.ndarray, " tag"]] = [token["scores"] for token in word]
    scores = tokens[0]
    if strategy == AggregationStrategy.AVERAGE:
        scores = np.mean(tokens, axis=0)
    elif strategy == AggregationStrategy.MAX:
        scores = max(tokens, key=np.max)
    return scores


def stack_links(windows: list[dict[str, Tensor]], length: int, padding_side: str) -> dict[str, Tensor]:
    """Windows as one batch: slots padded to `length` on the tokens' side, mentions behind."""
    room = max(len(window["kg_entities"]) for window in windows)
    slots, entities, priors = [], [], []
    for window in windows:
        missing = length - len(window["kg_token_slot"])
        slots.append(F.pad(window["kg_token_slot"], (missing, 0) if padding_side == "left" else (0, missing)))
        rows = (0, 0, 0, room - len(window["kg_entities"]))
        entities.append(F.pad(window["kg_entities"], rows, value=-1))
        priors.append(F.pad(window["kg_priors"], rows))
    return dict(zip(KEYS, map(torch.stack, (slots, entities, priors)), strict=True))


def pipeline(model: PreTrainedModel, processor: "Processor | None" = None, **settings: Any) -> LinkingPipeline:
    """A token-classification pipeline that links its input to the model's graph.

    After `model.kgattn.swap_graph(graph)` it links to the new graph by itself, with the same linker settings.

    Args:
        model: An injected token classifier.
        processor: Tokenizer and linker over the model's graph; None takes `model.kgattn.processor`.
        **settings: What `transformers.pipeline("token-classification")` takes: `aggregation_strategy`, `stride`,
            `ignore_labels`, `batch_size`, `device` and so on.

    Returns:
        A pipeline: texts in, lists of entities out, as transformers documents it.

    Raises:
        InjectionError: The model is not injected.
        LinkingError: There is no processor, or it links to other entities than the model's graph has.
    """
    injection = plugin_of(model)
    follower = injection.follower
    if processor is not None and processor is not injection.processor:
        follower = GraphFollower(processor, injection.graph)
    if follower is None:
        raise LinkingError("the pipeline needs a kgattn.Processor(tokenizer, linker), got none; pass processor=...")
    make: Any = LinkingPipeline
    made: LinkingPipeline = make(model=model, tokenizer=follower.over(injection.graph).tokenizer, **settings)
    made.follower = follower
    return made
