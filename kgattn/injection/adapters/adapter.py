"""What an adapter is, and what its attention classes share."""

import copy
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from torch import Tensor, nn

from kgattn.attention import add_values
from kgattn.mentions import SlotLayout
from kgattn.shapes import Float

ModuleT = TypeVar("ModuleT", bound=nn.Module)


@dataclass(frozen=True)
class Adapter:
    """How a family is reached whose attention is its own.

    Attributes:
        plain: Class of its self-attention modules.
        injected: The subclass they are while injected: plain without a context.
        layer: Class of its layers.
        carrier: Argument of a layer, always a tensor, that its self-attention is handed as it is; takes the context.
    """

    plain: type[nn.Module]
    injected: type[nn.Module]
    layer: type[nn.Module]
    carrier: str


@dataclass
class AdapterSite:
    """What an injected attention module carries as `kgattn_site`.

    Attributes:
        layer: Number of the injected layer, counted from 0.
        plain: The class the module came with.
    """

    layer: int
    plain: type[nn.Module]

    def restore(self, module: nn.Module) -> None:
        """Make the module what it was."""
        module.__class__ = self.plain


def stand_in(module: ModuleT, **parts: object) -> ModuleT:
    """The module for the length of one call, with some parts replaced; parameters and all other parts are shared.

    So the family's own code runs, whatever it does around these parts, and nothing of the call is put on the module.
    """
    double = copy.copy(module)
    # left out, not merely shadowed, or compiled code would go on calling the submodule of that name
    double._modules = {name: part for name, part in module._modules.items() if name not in parts}
    vars(double).update(parts)
    return double


def with_values(
    projection: nn.Module, values: Float[Tensor, "batch head slot dim"] | None, layout: SlotLayout
) -> nn.Module | partial[Tensor]:
    """A projection to value heads that adds what each token's slot adds; `values` None adds nothing."""
    return projection if values is None else partial(_project, projection, values, layout)


def _project(projection: nn.Module, values: Tensor, layout: SlotLayout, hidden_states: Tensor) -> Tensor:
    heads = projection(hidden_states).unflatten(-1, (values.shape[1], -1)).transpose(1, 2)
    return add_values(heads, values, layout).transpose(1, 2).flatten(2)
