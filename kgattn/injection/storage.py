"""Loading a saved plugin into a model, and saving and loading a whole injected model."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import transformers
from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer, PreTrainedModel

from kgattn.errors import PluginError
from kgattn.files import replacing
from kgattn.graph import KnowledgeGraph
from kgattn.injection.architectures import find_architecture
from kgattn.injection.config import InjectionConfig
from kgattn.injection.graph_follower import check_processor
from kgattn.injection.inject import ModelT, inject_as, plugin_of
from kgattn.injection.injection import model_shape
from kgattn.injection.plugin_files import CONFIG, PluginFiles

if TYPE_CHECKING:
    from kgattn.linking import Processor

PROCESSOR = "kgattn_processor.json"
LOG = logging.getLogger(__name__)


def load(model: ModelT, folder: str | Path) -> ModelT:
    """Inject a saved plugin, with its graph and its trained parameters, into the model it was trained with.

    Args:
        model: The base model, not injected.
        folder: What `model.kgattn.save` or `kgattn.save_pretrained` wrote.

    Returns:
        The same object, injected.

    Raises:
        PluginError: The folder is no plugin, is of another format version, or was made for another model.
        InjectionError: The model cannot be injected; nothing was changed.
    """
    files = PluginFiles.read(folder)
    config = InjectionConfig.from_json(files.settings)
    architecture = find_architecture(model, config.attentions)
    for name, found in model_shape(architecture).items():
        expected = files.shape.get(name)
        if found != expected:
            raise PluginError(
                f"the plugin in {folder} was made for a model with {name} {expected}, got {found}; "
                "load it into its own base model"
            )
    inject_as(model, files.graph, config, reads_types="encoder.type_projection.weight" in files.weights)
    injection = plugin_of(model)
    wanted = injection.state_dict()
    if {name: tensor.shape for name, tensor in wanted.items()} != {
        name: tensor.shape for name, tensor in files.weights.items()
    }:
        injection.remove()
        raise PluginError(
            f"the weights in {folder} do not fit its settings; the folder is damaged, save the plugin again"
        )
    injection.load_state_dict(files.weights)
    return model


def save_pretrained(model: PreTrainedModel, folder: str | Path, processor: "Processor | None" = None) -> None:
    """Save the whole: base model, tokenizer, linker settings, plugin and graph, for `kgattn.from_pretrained`.

    Args:
        model: An injected model.
        folder: Where to; other files there are kept.
        processor: The processor its batches come from, over the model's graph. None takes `model.kgattn.processor`,
            else the tokenizer of the checkpoint the model was loaded from with a default linker; where that has none,
            both are left out, which is logged.

    Raises:
        InjectionError: The model is not injected.
        LinkingError: The processor links to other entities than the model's graph has, as one from before a
            `swap_graph` may, or nothing in the graph can be linked to.
        StorageError: Writing failed; the folder is as it was.
    """
    injection = plugin_of(model)
    if processor is not None:
        check_processor(processor, injection.graph)
    processor = processor or injection.processor or _processor_of_checkpoint(model, injection.graph)
    weights = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("kgattn.")}
    with replacing(folder, last=CONFIG) as scratch:
        model.save_pretrained(scratch, state_dict=weights)
        if processor is not None:
            processor.save_pretrained(scratch)
        injection.files().write(scratch)


def _processor_of_checkpoint(model: PreTrainedModel, graph: KnowledgeGraph) -> "Processor | None":
    """A processor made from the tokenizer beside the weights the model was loaded from, if it has a fast one."""
    from kgattn.linking import EntityLinker, Processor

    source = getattr(model.config, "_name_or_path", "")
    try:
        tokenizer = AutoTokenizer.from_pretrained(source) if source else None
    except (OSError, ValueError, KeyError, ImportError):
        tokenizer = None
    if tokenizer is None or not tokenizer.is_fast:
        LOG.warning("saving without tokenizer and linker: %r has no fast tokenizer; pass processor=...", source)
        return None
    return Processor(tokenizer, EntityLinker(graph))


def from_pretrained(folder: str | Path) -> PreTrainedModel:
    """Load what `save_pretrained` wrote.

    Args:
        folder: The folder.

    Returns:
        The injected model, in eval mode, of the class that was saved; `model.kgattn.processor` is its processor if one
        was saved.

    Raises:
        PluginError: The folder is incomplete, damaged or of another format version, or its model class is unknown.
    """
    folder = Path(folder)
    if not (folder / "config.json").is_file():
        raise PluginError(f"{folder} holds no model: config.json is missing; write one with kgattn.save_pretrained")
    with _as_plugin_error(folder):
        config = AutoConfig.from_pretrained(folder)
        name = (config.architectures or [""])[0]
        model_class = getattr(transformers, name, None)
        if model_class is None:
            raise PluginError(f"transformers has no model class {name!r}, named in {folder / 'config.json'}")
        base = model_class.from_pretrained(folder)
    model: PreTrainedModel = load(base, folder)
    if (folder / PROCESSOR).is_file():
        from kgattn.linking import Processor

        injection = plugin_of(model)
        with _as_plugin_error(folder):
            tokenizer = AutoTokenizer.from_pretrained(folder)
        if not has_vocabulary(tokenizer):
            raise PluginError(f"{folder} holds no vocabulary: its tokenizer's files are missing; save the model again")
        injection.processor = Processor.from_pretrained(folder, tokenizer, injection.graph)
    model.eval()  # type: ignore[no-untyped-call]
    return model


def has_vocabulary(tokenizer: Any) -> bool:
    """Whether it knows more than special tokens: Transformers makes one of those where its files are missing."""
    return len(tokenizer) > len(set(tokenizer.all_special_tokens))


@contextmanager
def _as_plugin_error(folder: Path) -> Iterator[None]:
    """What transformers and safetensors raise over damaged files, as one line that names the folder."""
    try:
        yield
    except PluginError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise PluginError(f"the model in {folder} cannot be read ({reason}); save it again") from error
