"""All arms by name."""

from collections.abc import Mapping
from types import MappingProxyType

from kgattn.errors import ConfigError
from kgattn.evidence.arms.arm import Arm
from kgattn.evidence.arms.biased import BIAS_ONLY, BIASED, VALUES_ONLY
from kgattn.evidence.arms.distilled import DISTILLED
from kgattn.evidence.arms.empty_graph import EMPTY_GRAPH
from kgattn.evidence.arms.linker_tagger import LINKER_TAGGER
from kgattn.evidence.arms.links_only import LINKS_ONLY
from kgattn.evidence.arms.mean_neighbours import MEAN_NEIGHBOURS
from kgattn.evidence.arms.pair_knowledge import PATHS_ONLY, RULES_ONLY
from kgattn.evidence.arms.plain import PLAIN
from kgattn.evidence.arms.random_vectors import RANDOM_VECTORS
from kgattn.evidence.arms.relations_permuted import RELATIONS_PERMUTED
from kgattn.evidence.arms.rewired import REWIRED
from kgattn.evidence.arms.shuffled_entities import SHUFFLED_ENTITIES
from kgattn.evidence.arms.text_triples import TEXT_TRIPLES
from kgattn.evidence.arms.transfer import SWAPPED_GRAPH, TESTED_WITHOUT
from kgattn.evidence.arms.types_only import TYPES_ONLY

ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        arm.name: arm
        for arm in (
            PLAIN,
            BIASED,
            BIAS_ONLY,
            VALUES_ONLY,
            RULES_ONLY,
            PATHS_ONLY,
            MEAN_NEIGHBOURS,
            EMPTY_GRAPH,
            LINKS_ONLY,
            TYPES_ONLY,
            SHUFFLED_ENTITIES,
            REWIRED,
            RELATIONS_PERMUTED,
            RANDOM_VECTORS,
            LINKER_TAGGER,
            DISTILLED,
            TEXT_TRIPLES,
            TESTED_WITHOUT,
            SWAPPED_GRAPH,
        )
    }
)


def parse_arms(names: str) -> tuple[Arm, ...]:
    """Read arm names with commas between them, in the order given.

    Raises:
        ConfigError: No name, an unknown one, or one given twice.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in ARMS]
    if unknown or not wanted:
        got = f"{unknown[0]!r}" if unknown else "none"
        raise ConfigError(f"arms must be among {', '.join(ARMS)} with commas between them, got {got}")
    if len(set(wanted)) < len(wanted):
        raise ConfigError(f"each arm runs once, got {', '.join(wanted)}; name every arm a single time")
    return tuple(ARMS[name] for name in wanted)
