"""Nodes as numbers, which take less room than their names."""

from kgattn.graph.naming import own_id


class NodeNumbers(dict[str, int]):
    """Numbers nodes as they are first asked for.

    Attributes:
        names: The id of each node.
    """

    def __init__(self) -> None:
        self.names: list[str] = []

    def __missing__(self, iri: str) -> int:
        name = iri if iri[:4] == "http" else own_id(iri)
        if name != iri:
            number = self[name]
        else:
            number = len(self.names)
            self.names.append(name)
        self[iri] = number
        return number
