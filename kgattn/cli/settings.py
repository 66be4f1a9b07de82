"""Training settings in files, as `--config` and `--rules` of several commands take them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgattn.errors import ConfigError, RuleError

if TYPE_CHECKING:
    from kgattn.graph import Rule


def read_settings(file: Path) -> dict[str, Any]:
    """Read a JSON file of training settings.

    Raises:
        ConfigError: It cannot be read, or is no JSON object.
    """
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError(f"{file} cannot be read; give a JSON file of training settings") from None
    except ValueError as error:
        raise ConfigError(f"{file} must be JSON: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{file} must hold a JSON object of training settings, got {type(values).__name__}")
    return values


def merge_settings(files: list[dict[str, Any]]) -> dict[str, Any]:
    """Later settings over earlier ones, those of the injection one by one."""
    merged: dict[str, Any] = {}
    for values in files:
        for name, value in values.items():
            before = merged.get(name)
            merged[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def select_rules(path: Path) -> "tuple[Rule, ...]":
    """The SELECT rules of a file or folder; CONSTRUCT rules beside them are for `kgattn graph build --rules`.

    Raises:
        RuleError: One is broken, or there is none of that kind.
    """
    from kgattn.graph import read_rules

    rules = tuple(rule for rule in read_rules(path) if rule.kind == "select")
    if not rules:
        raise RuleError(
            f"{path}: expected a SELECT rule to inject, got CONSTRUCT rules alone; build the graph with them"
        )
    return rules
