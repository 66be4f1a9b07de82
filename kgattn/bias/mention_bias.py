"""What one attention layer needs to know of the graph: a table over slots, and a value per slot."""

from dataclasses import dataclass
from math import inf

from torch import Tensor

from kgattn.mentions import SlotLayout
from kgattn.shapes import Float


@dataclass(frozen=True)
class MentionBias:
    """The knowledge of one layer, for all its heads.

    Everything the graph says about two tokens is a function of the mentions they lie in, so it is a table over
    slots, which a kernel reads through the slots of the tokens; no tokens x tokens tensor exists.

    Attributes:
        layout: Slot of each token, and where the linked ones are.
        pair_bias: Added to the logit of query slot and key slot after the 1/sqrt(head dim) scaling, in nats. Column 0
            is zero: softmax ignores a constant per query.
        values: Added to the value vectors of each slot's tokens; slot 0 adds zero. Heads are those of the values,
            which under grouped-query attention are fewer than the queries'.
        bound: No bias is larger than this, in nats; infinite where nothing is known.
        linked_only: Row 0 is zero too: unlinked tokens look around as before.
    """

    layout: SlotLayout
    pair_bias: Float[Tensor, "batch head slot slot"] | None
    values: Float[Tensor, "batch kv_head slot dim"] | None
    bound: float = inf
    linked_only: bool = True
