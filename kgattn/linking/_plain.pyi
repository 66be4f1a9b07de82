from typing import Any

from spacy.tokens import Doc

from kgattn.linking._rows import Rows
from kgattn.linking.stream import AtomTable
from kgattn.linking.trie import AtomTrie

def fits() -> bool: ...

class PlainLinker:
    def __init__(
        self,
        table: AtomTable,
        trie: AtomTrie,
        rows: Rows,
        source: Any,
        offsets: Any,
        entities: Any,
        short: Any,
        evidence: bool,
        keys: tuple[str, str, str],
        with_comma: int,
        farthest: int,
    ) -> None: ...
    def link(self, doc: Doc) -> bool: ...
