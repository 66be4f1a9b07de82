"""What one forward pass knows of the graph, for all layers: made once, carried as an argument, kept nowhere."""

from dataclasses import dataclass

from torch import Tensor

from kgattn.bias import MentionBias
from kgattn.shapes import Float, Int

CONTEXT = "kgattn_context"


@dataclass(frozen=True)
class MentionContext:
    """Tables and values of every injected layer, for one batch.

    Attributes:
        token_slot: Slot of each token, in [0, slot); 0 is "no mention".
        pair_bias: Bias between slots, in nats.
        values: What each slot adds to values.
        gates_closed: Every gate is exactly zero: outputs must equal plain's bit for bit.
    """

    token_slot: Int[Tensor, "batch token"]
    pair_bias: Float[Tensor, "layer batch head slot slot"] | None
    values: Float[Tensor, "layer batch head slot dim"] | None
    gates_closed: bool

    def layer(self, number: int) -> MentionBias:
        """What the injected layer of that number needs, counted from 0."""
        return MentionBias(
            self.token_slot,
            None if self.pair_bias is None else self.pair_bias[number],
            None if self.values is None else self.values[number],
        )
