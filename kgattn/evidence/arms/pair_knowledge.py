"""rules-only and paths-only: a bias made of one kind of knowledge about two entities, which are themselves not read.

Without content, relations and values no entity is encoded, so whatever these arms gain comes from the rules, or from
how near two entities are.
"""

from dataclasses import replace

from kgattn.errors import ConfigError
from kgattn.evidence.arms.arm import Arm
from kgattn.injection import InjectionConfig


def rules_alone(base: InjectionConfig) -> InjectionConfig:
    """A bias of the strengths of the rules that the biased arm has.

    Raises:
        ConfigError: It has none.
    """
    if not base.rules:
        raise ConfigError("the arm rules-only needs SELECT rules, got none; add --rules FOLDER or leave the arm out")
    return replace(base, bias=True, values=False, content=False, relations=False, pair_terms=())


def paths_alone(base: InjectionConfig) -> InjectionConfig:
    """A bias of strengths for one, two and three edges between two entities, whichever relations these are of.

    Every graph has paths, so the arm needs nothing of the settings; the biased arm may use paths or not.
    """
    return replace(
        base, bias=True, values=False, content=False, relations=False, pair_terms=("edges", "paths"), rules=()
    )


RULES_ONLY = Arm("rules-only", "attention bias from SELECT rules alone", "part", injection=rules_alone)
PATHS_ONLY = Arm(
    "paths-only", "attention bias from the number of edges between two entities alone", "part", injection=paths_alone
)
