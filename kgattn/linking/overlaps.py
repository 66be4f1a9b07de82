"""Mentions that overlap.

A model gives each token one slot, so `doc.spans["kgattn"]` holds no two mentions that share a token: from the left, the
longest match at each place is taken and shuts out those that begin inside it. Longest, because a longer alias says more
("New York Times" is no city); leftmost, because it needs one pass, is what readers expect, and differs from
longest-anywhere in less than one mention in a thousand.

With `LinkerConfig.overlaps = "all"` every other match the index admits is kept too, in
`doc.spans["kgattn_alternatives"]`, nested and overlapping, with candidates like any mention. Those that
`LinkerConfig.whole_names` dropped are among them. `types`, `exclude_types` and `nil_threshold` hold for them too, by
the shares they have before a text is read.
"""

import numpy as np

from kgattn.linking.found import Found
from kgattn.linking.matching import located
from kgattn.linking.stream import TokenStream
from kgattn.linking.trie import AtomTrie

SUFFIX = "_alternatives"


def find_alternatives(stream: TokenStream, trie: AtomTrie, found: Found) -> Found:
    """Every alias in the documents that is not among the mentions found.

    Args:
        stream: The tokens of documents.
        trie: The aliases.
        found: The mentions that do not overlap.
    """
    every = located(stream, trie.match_all(stream.row, stream.distinct))
    taken = set(zip(found.doc.tolist(), found.start.tolist(), found.end.tolist(), strict=True))
    places = zip(every.doc.tolist(), every.start.tolist(), every.end.tolist(), strict=True)
    others = every.take(np.array([place not in taken for place in places], dtype=bool))
    return others.take(np.lexsort((-others.end, others.start, others.doc)))
