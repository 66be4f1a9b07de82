"""Parameters by how an optimizer treats them."""

from collections.abc import Collection
from typing import Any

from torch import nn

PLUGIN_PREFIX = "kgattn."


def parameter_groups(
    tagger: nn.Module, decayed: Collection[str], weight_decay: float, plugin_rate: float
) -> list[dict[str, Any]]:
    """Matrices of the base model, its vectors (biases and norms, which do not decay), and the plugin at its own rate.

    Args:
        tagger: The model, injected or not. Parameters that need no gradient are left out, as are empty groups.
        decayed: Names of the parameters that count as matrices.
        weight_decay: Of the matrices.
        plugin_rate: Learning rate of the plugin.
    """
    matrices: list[nn.Parameter] = []
    vectors: list[nn.Parameter] = []
    plugin: list[nn.Parameter] = []
    for name, parameter in tagger.named_parameters():
        if parameter.requires_grad:
            group = plugin if name.startswith(PLUGIN_PREFIX) else matrices if name in decayed else vectors
            group.append(parameter)
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
        {"params": plugin, "weight_decay": 0.0, "lr": plugin_rate},
    ]
    return [group for group in groups if group["params"]]
