"""Knowledge-graph-guided attention for HuggingFace Transformers encoders."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgattn.evidence.doctor import DoctorReport as DoctorReport
    from kgattn.evidence.doctor import doctor as doctor
    from kgattn.graph import KnowledgeGraph as KnowledgeGraph
    from kgattn.graph import Rule as Rule
    from kgattn.graph import read_rules as read_rules
    from kgattn.injection import Injection as Injection
    from kgattn.injection import InjectionConfig as InjectionConfig
    from kgattn.injection import from_pretrained as from_pretrained
    from kgattn.injection import inject as inject
    from kgattn.injection import load as load
    from kgattn.injection import save_pretrained as save_pretrained
    from kgattn.linking import EntityLinker as EntityLinker
    from kgattn.linking import LinkerConfig as LinkerConfig
    from kgattn.linking import Processor as Processor
    from kgattn.ner import pipeline as pipeline

__version__ = "0.1.0"

# public name -> the package that has it; imported when first used, so that `import kgattn` is quick
_HOMES = {
    "KnowledgeGraph": "kgattn.graph",
    "Rule": "kgattn.graph",
    "read_rules": "kgattn.graph",
    "EntityLinker": "kgattn.linking",
    "LinkerConfig": "kgattn.linking",
    "Processor": "kgattn.linking",
    "Injection": "kgattn.injection",
    "InjectionConfig": "kgattn.injection",
    "inject": "kgattn.injection",
    "load": "kgattn.injection",
    "save_pretrained": "kgattn.injection",
    "from_pretrained": "kgattn.injection",
    "pipeline": "kgattn.ner",
    "doctor": "kgattn.evidence.doctor",
    "DoctorReport": "kgattn.evidence.doctor",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'kgattn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
