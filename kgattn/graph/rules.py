"""Logic rules, as files a user can read: one SPARQL query a file, `NAME.rq`, whose name is the rule's.

| query | is |
|---|---|
| `CONSTRUCT { ... } WHERE { ... }` | a rule that derives triples before training: `graph.derive(rules)` |
| `SELECT ?head ?tail WHERE { ... }` | a named relation between pairs of entities: `InjectionConfig(rules=rules)` |

A rule speaks of the graph as `KnowledgeGraph.to_rdf` writes it. Ids that are no IRIs have the prefixes `entity:`,
`relation:` and `type:`, in which what is neither a letter nor a digit is written as `_hex_`: "capital of" is
`relation:capital_20_of`. These and `rdf:`, `rdfs:`, `owl:`, `skos:` and `xsd:` need no declaration.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kgattn.errors import RuleError

SUFFIX = ".rq"
PREFIXES = {
    "entity": "urn:kgattn:entity:",
    "relation": "urn:kgattn:relation:",
    "type": "urn:kgattn:type:",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
Kind = Literal["select", "construct"]
_NAME = re.compile(r"\w[\w .-]*")


@dataclass(frozen=True)
class Rule:
    """A checked rule.

    Attributes:
        name: Letters, digits, `_`, `.`, `-` and blanks; what its learned strength belongs to.
        query: The SPARQL text, comments included.
        source: The file it was read from, for messages; empty if none.
        kind: "select" or "construct", found out.

    Raises:
        RuleError: The name or the query is not as above; the message names file, rule and line.
    """

    name: str
    query: str
    source: str = field(default="", compare=False)
    kind: Kind = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Parse and check the query."""
        if not _NAME.fullmatch(self.name):
            raise RuleError(
                f"{self.source or 'rules'}: a rule's name must be letters, digits, _ . - and blanks, "
                f"got {self.name!r:.40}; rename it"
            )
        from kgattn.graph.rule_syntax import kind_of

        object.__setattr__(self, "kind", kind_of(self))

    def error(self, line: int | None, reason: str) -> RuleError:
        """What is wrong with it, and where."""
        place = f"{self.source}:{line}: " if self.source and line else f"{self.source}: " if self.source else ""
        at = f", line {line}" if line and not self.source else ""
        return RuleError(f"{place}rule {self.name!r}{at}: {reason}")


def read_rules(path: str | Path) -> tuple[Rule, ...]:
    """Read one rule file, or all those of a folder, sorted by name.

    Raises:
        RuleError: There is none, one cannot be read, or one is broken; names file, rule and line.
    """
    path = Path(path)
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not files or not path.exists():
        raise RuleError(f"{path}: expected a file NAME{SUFFIX} or a folder of them, got none; write one query a file")
    if files[0].suffix != SUFFIX:
        raise RuleError(f"{files[0]}: a rule file is named NAME{SUFFIX}, got {files[0].suffix!r}; rename it")
    return tuple(Rule(file.stem, _text(file), str(file)) for file in files)


def check_rules(rules: Sequence[Any], kind: Kind, remedy: str) -> None:
    """Refuse what is no rule, is of the other kind, or has the name of another one.

    Raises:
        RuleError: There is one; the message ends in the remedy for rules of the other kind.
    """
    taken: set[str] = set()
    for rule in rules:
        if not isinstance(rule, Rule):
            raise RuleError(f"rules must be kgattn.Rule objects, got {rule!r:.40}; read them with kgattn.read_rules")
        if rule.kind != kind:
            raise rule.error(None, f"expected a {kind.upper()} rule, got a {rule.kind.upper()} one; {remedy}")
        if rule.name in taken:
            raise rule.error(None, "the name is taken by another rule; rename one of them")
        taken.add(rule.name)


def rules_from_json(values: Any) -> tuple[Rule, ...]:
    """From `{name: query}`, as saved settings hold them; every rule is checked again.

    Raises:
        RuleError: It is no such object, or a rule is broken.
    """
    if not isinstance(values, Mapping) or not all(isinstance(text, str) for text in (*values, *values.values())):
        raise RuleError(f"rules must be an object of names and SPARQL queries, got {values!r:.80}; save them again")
    return tuple(Rule(name, query) for name, query in values.items())


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RuleError(f"{file}: expected UTF-8, got {error.reason}; convert the file") from None
    except OSError as error:
        raise RuleError(f"{file}: cannot be read ({error.strerror}); check the path") from None
