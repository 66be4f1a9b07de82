"""biased: the method as it is configured, and its halves."""

from dataclasses import replace

from kgattn.evidence.arms.arm import Arm
from kgattn.injection import InjectionConfig


def without_values(base: InjectionConfig) -> InjectionConfig:
    """The bias alone."""
    return replace(base, values=False)


def without_bias(base: InjectionConfig) -> InjectionConfig:
    """The values alone; what only a bias can be made of goes with it."""
    return replace(base, bias=False, pair_terms=(), rules=())


BIASED = Arm("biased", "attention bias and mention values from the graph", "biased")
BIAS_ONLY = Arm("bias-only", "attention bias alone, values untouched", "part", injection=without_values)
VALUES_ONLY = Arm("values-only", "mention values alone, no attention bias", "part", injection=without_bias)
