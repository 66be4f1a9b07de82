"""Transformers' token-classification pipeline over an injected model: it links by itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedModel, TokenClassificationPipeline

from kgattn.errors import LinkingError
from kgattn.injection.inject import plugin_of
from kgattn.mentions.batch import KEYS

if TYPE_CHECKING:
    from kgattn.linking import Processor


class LinkingPipeline(TokenClassificationPipeline):
    """A `TokenClassificationPipeline` that hands its model links; arguments and results are the parent's."""

    links: "Processor"

    def preprocess(  # type: ignore[override]  # the parent, too, yields windows where the base class returns one
        self, sentence: Any, offset_mapping: Any = None, **preprocess_params: Any
    ) -> Iterator[dict[str, Any]]:
        """Windows of one text as the parent makes them, each with its mention tensors."""
        tokenizer_params = dict(preprocess_params.pop("tokenizer_params", {}))
        encoding = self.links(
            sentence,
            is_split_into_words=bool(preprocess_params.get("is_split_into_words")),
            return_tensors="pt",
            truncation=bool(self.links.tokenizer.model_max_length and self.links.tokenizer.model_max_length > 0),
            **tokenizer_params,
        )
        parent: Any = super()
        windows = parent.preprocess(sentence, offset_mapping, **preprocess_params, tokenizer_params=tokenizer_params)
        for number, window in enumerate(windows):
            # as one mapping, which the parent's padding leaves alone: it does not know these axes
            window["kg_links"] = {key: encoding[key][number] for key in KEYS}
            yield window

    def _forward(self, model_inputs: dict[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        links = model_inputs.pop("kg_links")
        windows = links if isinstance(links, list) else [links]
        length = model_inputs["input_ids"].shape[1]
        model_inputs.update(stack_links(windows, length, self.links.tokenizer.padding_side))
        parent: Any = super()
        output: dict[str, Any] = parent._forward(model_inputs)
        return output


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

    Args:
        model: An injected token classifier.
        processor: Tokenizer and linker over the model's graph; None takes `model.kgattn.processor`.
        **settings: What `transformers.pipeline("token-classification")` takes: `aggregation_strategy`, `stride`,
            `ignore_labels`, `batch_size`, `device` and so on.

    Returns:
        A pipeline: texts in, lists of entities out, as transformers documents it.

    Raises:
        InjectionError: The model is not injected.
        LinkingError: There is no processor, or it links to another graph than the model holds.
    """
    injection = plugin_of(model)
    processor = processor or injection.processor
    if processor is None:
        raise LinkingError("the pipeline needs a kgattn.Processor(tokenizer, linker), got none; pass processor=...")
    if not hasattr(processor, "linker"):
        raise LinkingError(
            f"the pipeline needs a kgattn.Processor(tokenizer, linker), got {type(processor).__name__}; make one"
        )
    if not processor.linker.graph.same_rows(injection.graph):
        raise LinkingError(
            "the processor links to another graph than the model holds; make its linker from model.kgattn.graph"
        )
    make: Any = LinkingPipeline
    made: LinkingPipeline = make(model=model, tokenizer=processor.tokenizer, **settings)
    made.links = processor
    return made
