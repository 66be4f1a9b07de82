"""What one attention layer needs to know of the graph: a table over slots, and a value per slot."""

from dataclasses import dataclass

from torch import Tensor

from kgattn.shapes import Float, Int


@dataclass(frozen=True)
class MentionBias:
    """The knowledge of one layer, for all its heads.

    Everything the graph says about two tokens is a function of the mentions they lie in, so it is a table over
    slots, which a kernel reads through `token_slot`; no tokens x tokens tensor exists.

    Attributes:
        token_slot: Slot of each token, in [0, slot); 0 is "no mention".
        pair_bias: Added to the logit of query slot and key slot after the 1/sqrt(head dim) scaling, in nats. Row and
            column 0 are zero: softmax ignores a constant per query, and unlinked tokens look around as before.
        values: Added to the value vectors of each slot's tokens; slot 0 adds zero.
    """

    token_slot: Int[Tensor, "batch token"]
    pair_bias: Float[Tensor, "batch head slot slot"] | None
    values: Float[Tensor, "batch head slot dim"] | None
