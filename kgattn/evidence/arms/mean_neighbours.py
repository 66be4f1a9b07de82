"""mean-neighbours: the right graph, read by the simplest encoder there is.

What a graph encoder with relations must be worth its price against. Its knowledge is right, so it is a part of the
method and no control: a graph that helps this arm as much does help.
"""

from dataclasses import replace

from kgattn.evidence.arms.arm import Arm
from kgattn.injection import InjectionConfig


def mean_encoder(base: InjectionConfig) -> InjectionConfig:
    """The mean of the neighbours for an encoder."""
    return replace(base, encoder="mean")


MEAN_NEIGHBOURS = Arm(
    "mean-neighbours", "as biased, but entities take the plain mean of their neighbours", "part", injection=mean_encoder
)
