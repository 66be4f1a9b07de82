"""The kernels by name, their common protocol, and the choice between them."""

from typing import Protocol, runtime_checkable

from torch import Tensor

from kgattn.attention.dense import dense
from kgattn.attention.reference import reference
from kgattn.bias import MentionBias
from kgattn.errors import ConfigError
from kgattn.shapes import Float


@runtime_checkable
class Kernel(Protocol):
    """Attention with a bias between mentions; every kernel equals `reference` in outputs and gradients."""

    def __call__(
        self,
        query: Float[Tensor, "batch head query dim"],
        key: Float[Tensor, "batch head key dim"],
        value: Float[Tensor, "batch head key dim"],
        mask: Tensor | None,
        scaling: float,
        dropout: float,
        bias: MentionBias,
    ) -> Float[Tensor, "batch head query dim"]:
        """Attend.

        Args:
            query: Queries, not yet scaled.
            key: Keys.
            value: Values, without what the mentions add.
            mask: Broadcastable to [batch, head, query, key]: boolean (True = may attend) or additive, or None.
            scaling: Factor on query . key, usually 1/sqrt(dim).
            dropout: Probability of dropping an attention weight, in [0, 1); 0 outside training.
            bias: What the graph says.
        """


KERNELS: dict[str, Kernel] = {"reference": reference, "dense": dense}


def choose_kernel(name: str) -> Kernel:
    """The kernel of that name; "auto" chooses.

    Raises:
        ConfigError: There is no such kernel.
    """
    if name == "auto":
        return dense
    if name not in KERNELS:
        raise ConfigError(f"kernel must be auto or one of {', '.join(KERNELS)}, got {name!r}")
    return KERNELS[name]
