"""Attention with a bias between mentions: the kernels, and the reference each must equal."""

from kgattn.attention.across import across_bias as across_bias
from kgattn.attention.across import attend_across as attend_across
from kgattn.attention.block_compiled import is_watched as is_watched
from kgattn.attention.kernels import KERNELS as KERNELS
from kgattn.attention.kernels import Attend as Attend
from kgattn.attention.kernels import Kernel as Kernel
from kgattn.attention.kernels import choose_kernel as choose_kernel
from kgattn.attention.kernels import prepare as prepare
from kgattn.attention.kernels import why_not as why_not
from kgattn.attention.materialize import additive_mask as additive_mask
from kgattn.attention.materialize import causal_mask as causal_mask
from kgattn.attention.materialize import join_mask as join_mask
from kgattn.attention.materialize import materialize as materialize
from kgattn.attention.rows import add_values as add_values
