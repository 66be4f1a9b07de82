"""Documents in which there is nothing to judge are linked one at a time, as soon as they come, by compiled code.

A mention is plain when no stage behind matching would look at it twice: nothing beside it belongs to its name, it has
one candidate or nothing tells its candidates apart, and what it names has no short form. A document whose mentions are
all plain is marked where the tokenizer has just written it, which takes less time than in a batch and gives the same
mentions. All others are linked some thousand tokens at a time.
"""

from typing import TYPE_CHECKING, Any

from kgattn.linking import loops
from kgattn.linking.branches import FARTHEST
from kgattn.linking.commas import LEAST
from kgattn.linking.marking import LABEL, stored_name
from kgattn.linking.stream import AtomTable

if TYPE_CHECKING:
    from kgattn.linking.index import LinkIndex


def plain_linker(table: AtomTable, index: "LinkIndex", spans_key: str) -> Any:
    """What links plain documents, by `link(doc)`; None where it was not built or the settings judge every mention.

    Args:
        table: The tokens known.
        index: The index, with its settings.
        spans_key: Where in `doc.spans` the mentions go.
    """
    config, senses, rows = index.config, index.senses, index.candidates.plain
    judges_all = config.overlaps == "all" or index.fuzzy is not None or config.nil_threshold or len(senses.allowed)
    if loops.plain is None or loops.docs is None or loops.rows is None or judges_all:
        return None
    candidates, keys = index.row_candidates.compiled, (spans_key, LABEL, stored_name(spans_key))
    short = senses.short if senses.short.any() else senses.short[:0]
    evidence = senses.has_words or senses.has_links
    columns = rows.source, rows.offsets, rows.entities, short.view("uint8")
    return loops.plain.PlainLinker(table, index.trie.plain, candidates, *columns, evidence, keys, LEAST, FARTHEST)
