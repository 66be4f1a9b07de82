"""How far a run opened the gates of its injection, and what its rules weigh: what a reader can inspect."""

from typing import Any

from torch import Tensor

DECIMALS = 4


def describe_gates(model: Any) -> dict[str, Any] | None:
    """Gates and strengths by layer and head, as JSON values; None for a model without an injection.

    Returns:
        `layers`: number of each injected layer, counted from 0 (a decoder's after the encoder's). `bias`: factor on
        the bias of each layer and head; `values`: on the values of each layer and value head; None where that part is
        off. `terms`: for each rule and pair term what it adds to a logit by itself, in nats, by layer and head.
    """
    injection = getattr(model, "kgattn", None)
    if injection is None:
        return None
    layers = injection.config.layers
    count = next((len(p.gate) for p in (injection.pair_bias, injection.mention_values) if p is not None), 0)
    return {
        "layers": list(range(count) if layers is None else layers),
        "bias": _opened(injection.pair_bias),
        "values": _opened(injection.mention_values),
        "terms": {name: _rounded(bias) for name, bias in injection.term_biases().items()},
    }


def _opened(part: Any) -> list[list[float]] | None:
    return None if part is None else _rounded(part.gate_scale * part.gate.detach())


def _rounded(table: Tensor) -> list[list[float]]:
    return [[round(float(value), DECIMALS) for value in row] for row in table.cpu()]
