"""Settings in files, as `--config`, `--rules` and `--use-stop-list` of several commands take them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgattn.errors import ConfigError, RuleError

if TYPE_CHECKING:
    from kgattn.graph import Rule
    from kgattn.linking import LinkerConfig

StopListFile = Annotated[
    Path | None,
    typer.Option(
        "--use-stop-list", metavar="FILE", help="Link without the forms in this file, as doctor --stop-list writes it."
    ),
]


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


def with_stop_list(linker: "LinkerConfig | None", file: Path | None) -> "LinkerConfig | None":
    """Linker settings with the stop list of a file, in place of one they have; as they are without a file.

    Args:
        linker: The settings, None for the defaults.
        file: What `kgattn doctor --stop-list` wrote and an editor made right, or None.

    Raises:
        LinkingError: The file cannot be read as UTF-8 text.
    """
    if file is None:
        return linker
    from kgattn.linking import LinkerConfig, read_stop_list

    return replace(linker or LinkerConfig(), stop_list=read_stop_list(file))
