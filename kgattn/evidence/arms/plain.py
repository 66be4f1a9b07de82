"""plain: the model alone, nothing injected."""

from kgattn.evidence.arms.arm import Arm
from kgattn.injection import InjectionConfig


def nothing(base: InjectionConfig) -> InjectionConfig | None:
    """No injection."""
    return None


PLAIN = Arm("plain", "the model alone, nothing injected", "plain", injection=nothing)
