"""Where the linked tokens of a batch are: made once a forward pass, shared by all layers and heads."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from kgattn.shapes import Float, Int


@dataclass(frozen=True)
class SlotLayout:
    """The slots of a batch and the tokens that lie in one.

    Attributes:
        token_slot: Slot of each token, in [0, slot); 0 is "no mention".
        rows: Positions of each example's linked tokens in rising order, filled up with positions of unlinked ones to
            the largest number in the batch; no position occurs twice.
        flat_rows: The same positions, example after example, counted through the whole batch.
        row_one_hot: A one at the slot of each of `rows`, in float32.
    """

    token_slot: Int[Tensor, "batch token"]
    rows: Int[Tensor, "batch linked"]
    flat_rows: Int[Tensor, " batch_linked"]
    row_one_hot: Float[Tensor, "batch linked slot"]

    @classmethod
    def of(cls, token_slot: Int[Tensor, "batch token"], num_slots: int, num_linked: int | None = None) -> "SlotLayout":
        """Find the linked tokens.

        Args:
            token_slot: As in the attributes.
            num_slots: Slots of the tables that go with it.
            num_linked: The largest number of linked tokens in an example, if known: counting waits for an accelerator.
        """
        linked = token_slot > 0
        if num_linked is None:
            num_linked = int(linked.sum(dim=1).max()) if linked.numel() else 0
        order = linked.to(torch.uint8).sort(dim=1, descending=True, stable=True).indices
        rows = order[:, :num_linked]
        batch, length = token_slot.shape
        flat_rows = (rows + length * torch.arange(batch, device=rows.device)[:, None]).flatten()
        one_hot = F.one_hot(token_slot.gather(1, rows), num_slots).float()
        return cls(token_slot, rows, flat_rows, one_hot)

    @property
    def linked_share(self) -> float:
        """Linked tokens of the example that has most, as a share of its length."""
        return self.rows.shape[1] / max(1, self.token_slot.shape[1])

    def one_hot(self, dtype: torch.dtype) -> Float[Tensor, "batch token slot"]:
        """A one at each token's slot."""
        return F.one_hot(self.token_slot, self.row_one_hot.shape[-1]).to(dtype)
