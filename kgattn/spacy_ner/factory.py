"""The factory of `kgattn_ner`. spaCy imports it for every pipeline, also those without the component: it is light."""

from typing import TYPE_CHECKING

from spacy.language import Language

from kgattn.errors import ConfigError
from kgattn.linking.signature import with_signature
from kgattn.mentions.mention import SPANS_KEY

if TYPE_CHECKING:
    from kgattn.spacy_ner.component import KgattnNer

FACTORY = "kgattn_ner"


@Language.factory(
    FACTORY,
    default_config={"run": None, "device": None, "batch_size": 32, "spans_key": SPANS_KEY, "overwrite_ents": False},
    assigns=["doc.ents", "token.ent_iob", "token.ent_type", "token.ent_kb_id"],
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
@with_signature
def make_kgattn_ner(
    nlp: Language,
    name: str,
    run: str | None,
    device: str | None,
    batch_size: int,
    spans_key: str,
    overwrite_ents: bool,
) -> "KgattnNer":
    """Make the component for `nlp.add_pipe("kgattn_ner", config={"run": "folder"})`.

    Args:
        nlp: The pipeline.
        name: Name of the component in the pipeline.
        run: Folder of a finished run of `kgattn train`, read when the first document comes. May be left out when the
            component is read back from a saved pipeline.
        device: Where the model computes, as PyTorch names it; CUDA where there is one when left out.
        batch_size: Windows of text run at a time.
        spans_key: Where in `doc.spans` a `kgattn_linker` before this component puts its mentions.
        overwrite_ents: Whether predicted entities replace those of `doc.ents` they overlap; else these stay and the
            predicted ones give way, as spaCy's `entity_ruler` has it.

    Raises:
        ConfigError: There is no such device, or `batch_size` is below 1.
    """
    from kgattn.spacy_ner.component import KgattnNer
    from kgattn.training.tagger import find_device

    if batch_size < 1:
        raise ConfigError(f"batch_size must be at least 1, got {batch_size}; try 32")
    if device is not None:
        find_device(device)
    return KgattnNer(run, device, batch_size, spans_key, overwrite_ents=overwrite_ents, name=name)
