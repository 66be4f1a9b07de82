"""What the user decided in a `common_words.tsv`: where it is looked for, and how it is told from other decisions."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from kgattn.errors import LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.graph.storage import INDEX_FOLDER
from kgattn.linking.index import META_FILE, LinkIndex
from kgattn.linking.lexicon import WORDS_FILE, read_yours


def index_folders(graph: KnowledgeGraph, folder: Path | None = None) -> list[Path]:
    """Where an index of a graph and decisions may lie: in a folder that is given, then in that of the graph."""
    own = [] if graph.path is None else [graph.path / INDEX_FOLDER]
    return own if folder is None else [folder, *own]


def read_decisions(folders: Iterable[Path]) -> dict[str, str]:
    """The decisions in the first of the index folders that has any, as `Lexicon.yours`; none where none has.

    Raises:
        LinkingError: A file is malformed, or gone, and with it what links depended on.
    """
    return next((found for folder in folders if (found := _read(folder))), {})


def decisions_digest(decisions: Mapping[str, str]) -> str | None:
    """Tells decisions apart; None where there are none, as before there was a file."""
    lines = sorted(f"{word}\t{verdict}" for word, verdict in decisions.items())
    return sha256("\n".join(lines).encode()).hexdigest() if lines else None


def _read(folder: Path) -> dict[str, str]:
    path = folder / WORDS_FILE
    if path.is_file() or not (folder / META_FILE).is_file():
        return read_yours(path)
    try:
        decided = LinkIndex.open(folder).decisions
    except LinkingError:  # of another version, or damaged: it is built anew
        return {}
    if decided:
        some = ", ".join([*list(decided)[:3], *(["..."] if len(decided) > 3 else [])])
        raise LinkingError(
            f"{path} is missing, but the index there was built by your decisions in it ({some}); put it back, or write "
            "an empty file of that name to link without them"
        )
    return {}
