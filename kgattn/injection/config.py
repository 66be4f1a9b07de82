"""The settings of an injection."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from kgattn.attention import KERNELS
from kgattn.bias import KINDS, term_names
from kgattn.encoders import COMPOSITIONS, ENCODERS
from kgattn.errors import ConfigError
from kgattn.graph import Rule
from kgattn.graph.paths import HUB_DEGREE
from kgattn.graph.rules import check_rules, rules_from_json

ENCODER, DECODER, CROSS = ATTENTIONS = ("encoder", "decoder", "cross")
"""The attentions of a model of two stacks: of source tokens and of target tokens to their own, of target to source."""


@dataclass(frozen=True)
class InjectionConfig:
    """How the graph enters the model.

    Attributes:
        bias: Whether mentions bias attention logits.
        values: Whether mentions add to the values of their tokens.
        content: Whether a bias compares what two mentions are, by their vectors; needs `bias`.
        relations: Whether the relations of two mentions bias them, identity among them; needs `bias`. Without content,
            relations and values no entity is encoded: pair terms and rules are all there is.
        attentions: In a model of two stacks (BART, Marian, T5), which attentions to inject: any of "encoder", "decoder"
            (the decoder's self-attention) and "cross" (from the decoder to the encoder's tokens); None is the
            encoder's, or that of the only stack. Source tokens lie in the mentions of `kg_token_slot`, the decoder's
            in those of `kg_decoder_token_slot` [batch, target token], slots of the same mentions. Left out, they lie
            in none, unless the base model feeds its decoder the source shifted right by one. Nothing links a target
            by itself: links of a text that the model must still write would tell it what comes.
        layers: Attention layers to inject, counted from 0, bottom first, through all attentions asked for in the order
            encoder, decoder, cross; None is all of them.
        kernel: Attention kernel, "auto" to choose by what was measured; cross-attention always takes "fold".
        bound: Largest size of a bias, in nats, positive. Unbounded at a high learning rate it destroyed training.
        gate_scale: Factor on every gate, positive. An optimizer like Adam moves a gate, which starts at zero, by no
            more than its learning rate a step; the factor lets a short fine-tuning open it.
        entity_dim: Length of entity and mention vectors.
        code_dim: Length of the text codes of labels, types and relations.
        rank: Length of the query and key a head compares two mentions by.
        num_hops: Rounds of messages in the graph encoder; 0 leaves out the neighbours.
        fan_out: Largest number of incoming edges a node keeps in a sampled subgraph.
        encoder: How an entity takes its neighbours in: "rgcn" (a mix of basis matrices for each relation), "rgat"
            (attention over neighbours and relations), "compgcn" (neighbour and relation composed), "sage" and "mean"
            (both blind to relations), or "none" (no neighbours).
        num_bases: Basis matrices of an "rgcn" layer.
        composition: How "compgcn" composes neighbour and relation: "subtraction", "multiplication" or "correlation".
        pair_terms: What else than relations biases a pair of mentions: any of "edges" (joined by a relation, whichever
            it is), "paths" (shortest paths of 2 and of 3 edges), "types" (the share of types in common) and "siblings"
            (joined to one node by the same relation).
            Each has a learned strength a layer and head that starts at zero. None by default: what they cost was
            measured, a gain in F1 was not, and figures of earlier versions stay comparable. They need `bias`.
        hub_degree: Most edges of an entity that paths and siblings go through; one with more is near everything.
        rules: SELECT rules from `kgattn.read_rules`, each a pair relation of its own with a learned strength a layer
            and head that starts at zero. Evaluated when the graph is given or swapped. They need `bias`.
        dropout: Probability of dropping an element of a mention vector in training, in [0, 1).
    """

    bias: bool = True
    values: bool = True
    content: bool = True
    relations: bool = True
    attentions: tuple[str, ...] | None = None
    layers: tuple[int, ...] | None = None
    kernel: str = "auto"
    bound: float = 4.0
    gate_scale: float = 10.0
    entity_dim: int = 64
    code_dim: int = 256
    rank: int = 8
    num_hops: int = 1
    fan_out: int = 8
    encoder: str = "rgcn"
    num_bases: int = 4
    composition: str = "multiplication"
    dropout: float = 0.1
    pair_terms: tuple[str, ...] = ()
    hub_degree: int = HUB_DEGREE
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        """Check every setting.

        Raises:
            ConfigError: A setting is out of range.
            RuleError: A rule is no SELECT rule, or two have one name.
        """
        self._check_numbers()
        self._check_names()
        if not (self.bias or self.values):
            raise ConfigError("bias and values are both off: an injection would do nothing; turn one on")
        if self.bias and not (self.content or self.relations or self.pair_terms or self.rules):
            raise ConfigError(
                "bias is on, but content, relations, pair_terms and rules are all off: nothing to make it of; "
                "turn one on, or bias off"
            )
        check_rules(self.rules, "select", "call graph.derive(rules) with it before inject")
        taken = set(term_names(KINDS, ())) & {rule.name for rule in self.rules}
        if taken:
            raise ConfigError(f"no rule may be called {min(taken)!r}, as a pair term is; rename its file")

    def _check_numbers(self) -> None:
        for name in ("entity_dim", "rank", "fan_out", "num_bases", "hub_degree"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.code_dim < 2:
            raise ConfigError(f"code_dim must be at least 2, got {self.code_dim}")
        if self.num_hops < 0:
            raise ConfigError(f"num_hops must be 0 or more, got {self.num_hops}")
        if not self.bound > 0:
            raise ConfigError(f"bound must be positive, got {self.bound}")
        if not self.gate_scale > 0:
            raise ConfigError(f"gate_scale must be positive, got {self.gate_scale}")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout must lie in [0, 1), got {self.dropout}")

    def _check_names(self) -> None:
        if self.encoder not in ENCODERS:
            raise ConfigError(f"encoder must be one of {', '.join(ENCODERS)}, got {self.encoder!r}")
        if self.composition not in COMPOSITIONS:
            raise ConfigError(f"composition must be one of {', '.join(COMPOSITIONS)}, got {self.composition!r}")
        if self.kernel != "auto" and self.kernel not in KERNELS:
            raise ConfigError(f"kernel must be auto or one of {', '.join(KERNELS)}, got {self.kernel!r}")
        names = self.attentions
        if names is not None and (not names or not set(names) <= set(ATTENTIONS) or len(set(names)) != len(names)):
            raise ConfigError(
                f"attentions must be None or different ones of {', '.join(ATTENTIONS)}, at least one, got {names!r}"
            )
        kinds = self.pair_terms
        if not set(kinds) <= set(KINDS) or len(set(kinds)) != len(kinds):
            raise ConfigError(f"pair_terms must be different ones of {', '.join(KINDS)}, got {kinds!r}")

    @property
    def encodes_entities(self) -> bool:
        """Whether anything is made of entity vectors."""
        return self.values or (self.bias and self.content)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        rules = {rule.name: rule.query for rule in self.rules}
        return {**asdict(self), "pair_terms": list(self.pair_terms), "rules": rules}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "InjectionConfig":
        """From plain JSON values; missing keys take their default.

        Raises:
            ConfigError: A key is unknown or a value out of range.
            RuleError: A rule is broken.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ConfigError(f"unknown injection setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
        lists = {name: values.get(name) for name in ("attentions", "layers")}
        given = {name: None if value is None else tuple(value) for name, value in lists.items()}
        given["pair_terms"] = tuple(values.get("pair_terms", ()))
        return cls(**{**values, **given, "rules": rules_from_json(values.get("rules", {}))})
