"""What `inject` leaves on a model as `model.kgattn`: the plugin's parameters, its graph, and its controls."""

import copy
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from kgattn.bias import MentionValues, MentionVectors, PairBias, PairTerms, match_relations
from kgattn.encoders import EntityEncoder, GraphFeatures
from kgattn.errors import GraphError, InjectionError
from kgattn.files import replacing
from kgattn.graph import KnowledgeGraph
from kgattn.injection.architectures import Architecture
from kgattn.injection.attachment import Attachment
from kgattn.injection.attention_function import register
from kgattn.injection.config import CROSS, InjectionConfig
from kgattn.injection.context import MentionContext
from kgattn.injection.graph_follower import GraphFollower
from kgattn.injection.graph_in_use import GraphInUse
from kgattn.injection.links import linked
from kgattn.injection.plugin_files import CONFIG, PluginFiles
from kgattn.injection.random_state import untouched_random_state
from kgattn.injection.switch import current_terms_off, off, terms_off
from kgattn.mentions import MentionBatch, SlotLayout
from kgattn.shapes import Float, Int

if TYPE_CHECKING:
    from kgattn.linking import Processor


class Injection(nn.Module):
    """Entities to biases: graph encoder, mention vectors, pair bias and values, all trained with the task.

    Float32 whatever the model computes in. Gates start at zero: right after `inject` the model is plain.
    """

    encoder: EntityEncoder | None
    mention_vectors: MentionVectors | None
    pair_bias: PairBias | None
    mention_values: MentionValues | None

    def __init__(
        self, graph: KnowledgeGraph, config: InjectionConfig, architecture: Architecture, reads_types: bool
    ) -> None:
        super().__init__()
        layers = range(len(architecture.attentions)) if config.layers is None else config.layers
        dim = config.entity_dim
        self.config = config
        self.shape = model_shape(architecture)
        self._in_use = GraphInUse(graph, config)
        self.attachment: Attachment | None = None
        self.encoder = (
            EntityEncoder(
                dim=dim,
                code_dim=config.code_dim,
                num_hops=config.num_hops,
                fan_out=config.fan_out,
                num_bases=config.num_bases,
                given_dim=None if graph.features is None else graph.features.shape[1],
                has_types=reads_types,
                encoder=config.encoder,
                composition=config.composition,
            )
            if config.encodes_entities
            else None
        )
        self.mention_vectors = MentionVectors(dim, config.dropout) if config.encodes_entities else None
        self.pair_bias = (
            PairBias(
                dim=dim,
                code_dim=config.code_dim,
                num_layers=len(layers),
                num_heads=architecture.num_heads,
                rank=config.rank,
                bound=config.bound,
                gate_scale=config.gate_scale,
                unlinked_queries=tuple(architecture.kinds[layer] == CROSS for layer in layers),
                num_terms=len(self.terms.names),
                content=config.content,
                relations=config.relations,
            )
            if config.bias
            else None
        )
        self.mention_values = (
            MentionValues(dim, len(layers), architecture.num_kv_heads, architecture.head_dim, config.gate_scale)
            if config.values
            else None
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> "Injection":
        """A copy within a copied model belongs to that one; a copy by itself, as PEFT trains, to the same model."""
        if self.attachment is not None and id(self.attachment.model) not in memo:
            memo.update({id(shared): shared for shared in (self.attachment, self._in_use)})
        clone = type(self).__new__(type(self))
        memo[id(self)] = clone
        clone.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return clone

    def __setstate__(self, state: dict[str, Any]) -> None:
        """An unpickled model finds its attention function in a new process too."""
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        register()

    @property
    def features(self) -> GraphFeatures:
        """Codes of the graph in use."""
        return self._in_use.knowledge[0]

    @property
    def terms(self) -> PairTerms:
        """Rules and pair terms, evaluated on the graph in use."""
        return self._in_use.knowledge[1]

    @property
    def graph(self) -> KnowledgeGraph:
        """The graph in use."""
        return self.features.graph

    @property
    def processor(self) -> "Processor | None":
        """The processor of the model's batches, always over the graph in use; None if it was given none.

        After `swap_graph` the first use makes it anew: same tokenizer, language and linker settings. One over this
        graph may be set; with PEFT before the adapter is put on, since what is set later stays on PEFT's wrapper.

        Raises:
            LinkingError: Nothing in the graph can be linked to; or what is set is no processor, or is one over other
                entities.
        """
        return None if self.follower is None else self.follower.over(self.graph)

    @processor.setter
    def processor(self, processor: "Processor | None") -> None:
        self._in_use.follower = None if processor is None else GraphFollower(processor, self.graph)

    @property
    def follower(self) -> GraphFollower | None:
        """What makes the processor, for all that is to link as it does."""
        return self._in_use.follower

    def forward(self, mentions: MentionBatch) -> MentionContext:
        """Tables of all layers for a batch with links.

        Args:
            mentions: The batch's mentions, checked, on the model's device.
        """
        device = mentions.token_slot.device
        on_cpu = MentionBatch(*(tensor.cpu() for tensor in mentions))
        features, terms = self._in_use.knowledge  # read once: another thread may swap the graph
        with torch.autocast(device.type, enabled=False), untouched_random_state(device):
            vectors = self._mention_vectors(features, mentions, on_cpu.entities)
            pair_bias = values = None
            if self.pair_bias is not None:
                matches = match_relations(features.graph, on_cpu, terms, current_terms_off(self.attachment))
                matches = type(matches)(**{name: tensor.to(device) for name, tensor in vars(matches).items()})
                codes = features.relation_codes().to(device, vectors.dtype)
                pair_bias = self.pair_bias(vectors, matches, codes)
            if self.mention_values is not None:
                values = self.mention_values(vectors)
        return MentionContext(
            layout=SlotLayout.of(
                mentions.token_slot, mentions.num_slots, int((on_cpu.token_slot > 0).sum(dim=1).max())
            ),
            pair_bias=None if pair_bias is None else pair_bias.unbind(),
            values=None if values is None else values.unbind(),
            bound=self.config.bound,
            gates_closed=not self._any_gate_open(),
        )

    def _mention_vectors(
        self, features: GraphFeatures, mentions: MentionBatch, entities: Int[Tensor, "batch mention candidate"]
    ) -> Float[Tensor, "batch mention dim"]:
        """Vectors of the mentions; where nothing reads any, a one for a mention and a zero for padding."""
        if self.encoder is None or self.mention_vectors is None:
            return mentions.candidate_mask().any(dim=-1, keepdim=True).float()
        vectors = self.encoder(features, entities)
        priors = mentions.priors * mentions.candidate_mask()
        found: Tensor = self.mention_vectors(vectors, priors.to(vectors.dtype))
        return found

    def _any_gate_open(self) -> bool:
        gates = [part.gate for part in (self.pair_bias, self.mention_values) if part is not None]
        return any(bool(gate.detach().any()) for gate in gates)

    def disabled(self) -> AbstractContextManager[None]:
        """`with model.kgattn.disabled():` runs the plain model on the same weights, in this thread; may be nested."""
        return off(self.attachment)

    def without(self, *names: str) -> AbstractContextManager[None]:
        """`with model.kgattn.without("rule"):` runs as if these rules and pair terms held nowhere, in this thread.

        Blocks may be nested.

        Raises:
            InjectionError: The injection has no term of such a name.
        """
        unknown = next((name for name in names if name not in self.terms.names), None)
        if unknown is not None or not names:
            raise InjectionError(
                f"expected names among the rules and pair terms {', '.join(self.terms.names) or '(none)'}, "
                f"got {unknown or 'none'!r}"
            )
        return terms_off(self.attachment, names)

    def term_biases(self) -> dict[str, Float[Tensor, "layer head"]]:
        """What each rule and pair term by itself adds to a logit, in nats: its learned strength."""
        if self.pair_bias is None:
            return {}
        biases = self.pair_bias.term_biases().detach()
        return dict(zip(self.terms.names, biases.unbind(), strict=True))

    def linked(self, batch: Mapping[str, Any]) -> AbstractContextManager[None]:
        """`with model.kgattn.linked(batch): model.generate(...)` hands `kg_*` past functions that refuse them.

        Every call of the model inside, in this thread, that brings no links of its own takes these; tokens generated
        after the linked text lie in no mention. Beams and returned sequences repeat the links as they repeat the text.
        In a model of two stacks the linked text is the source; `kg_decoder_token_slot` may link the first tokens of
        the target, as those of a prompt for the decoder.

        Args:
            batch: A batch of `kgattn.Processor`.

        Raises:
            SlotError: The batch has no `kg_*` tensors.
        """
        return linked(self.attachment, batch)

    def swap_graph(self, graph: KnowledgeGraph) -> None:
        """Use another graph from now on, without retraining.

        `model.kgattn.processor` and every `kgattn.pipeline` of the model go along: the next text is linked to the new
        graph. Of a processor of your own take `processor.with_graph(graph)`. A batch holds rows of entities and no
        word of their graph: one that was linked before the swap cannot be told from one linked after it, and its
        rows would mean other entities, unless both graphs have the same entities in the same rows
        (`graph.same_entities(other)`; `with_triples` keeps them all, `with_entity` those before). Make it again.

        Args:
            graph: The graph; the model's own with a triple or an entity more, or any other.

        Raises:
            GraphError: The plugin was made for given vectors and the graph has none of that length, or the reverse.
            RuleError: A rule finds too many pairs in the new graph, or takes too long.
        """
        if not isinstance(graph, KnowledgeGraph):
            raise GraphError(f"swap_graph needs a kgattn.KnowledgeGraph, got {type(graph).__name__}")
        given = None if self.encoder is None else self.encoder.given_projection
        trained = None if given is None else given.in_features
        offered = None if graph.features is None else graph.features.shape[1]
        if self.encoder is not None and trained != offered:
            raise GraphError(
                f"the plugin was made for {trained or 'no'} given features an entity, got {offered or 'none'}; "
                "give the new graph vectors of the same kind"
            )
        self._in_use.put(graph)

    def remove(self) -> Any:
        """Take everything off again.

        Returns:
            The model that came in: outputs, hooks, config and state-dict keys.

        Raises:
            InjectionError: It was removed before.
        """
        if self.attachment is None:
            raise InjectionError("this injection was already removed from its model; inject again for a new one")
        model = self.attachment.remove()
        self.attachment = None
        return model

    def save(self, folder: str | Path) -> None:
        """Write the plugin alone: kgattn_config.json, kgattn.safetensors and graph/; other files there are kept.

        Raises:
            StorageError: Writing failed; the folder is as it was.
        """
        with replacing(folder, last=CONFIG) as scratch:
            self.files().write(scratch)

    def files(self) -> PluginFiles:
        """The plugin as it would lie on disk."""
        return PluginFiles(self.config.to_json(), self.shape, self.state_dict(), self.graph)


def model_shape(architecture: Architecture) -> dict[str, Any]:
    """What a model must share with the one a plugin was made for."""
    config = architecture.base.config
    return {
        "model_type": config.model_type,
        "hidden_size": config.hidden_size,
        "num_heads": architecture.num_heads,
        "num_layers": len(architecture.attentions),
    }
