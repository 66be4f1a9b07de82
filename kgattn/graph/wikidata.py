"""The words of Wikidata, and of any Wikibase, that mean something to a graph.

| statement | becomes |
|---|---|
| wdt:P31 (instance of) | type, as rdf:type |
| wdt:P279 (subclass of) | triple, a step up for `KnowledgeGraph.with_ancestors` |
| labels of the item of a property, such as wd:P36, by its wikibase:directClaim | how the relation wdt:P36 reads |
| whatever else is said of that item | nothing: a property is no entity that a text names |
| rdf:type wikibase:Item and the like | nothing: it tells no entity from another |

See https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format. Files of "truthy" statements are meant; the full
ones with a node for every statement are not read as what they say.
"""

import numpy as np

from kgattn.shapes import Int

DIRECT = "http://www.wikidata.org/prop/direct/"
INSTANCE_OF, SUBCLASS_OF = DIRECT + "P31", DIRECT + "P279"
WIKIBASE = "http://wikiba.se/ontology#"
PROPERTY = WIKIBASE + "Property"
DIRECT_CLAIM = WIKIBASE + "directClaim"
_VALUES = [
    f"{place}{form}" for place in ("statement", "qualifier", "reference") for form in ("Value", "ValueNormalized")
]
FORMS = {
    DIRECT_CLAIM,
    *(WIKIBASE + name for name in ("claim", "directClaimNormalized", "statementProperty", "novalue", "propertyType")),
    *(WIKIBASE + name for name in ("qualifier", "reference", *_VALUES)),
}
"""What leads from a property's item to the predicates made of it, and to the kind of its values."""


def name_relations(
    claims: Int[np.ndarray, "claim 2"], relations: Int[np.ndarray, " edge"], texts: dict[int, list[str]]
) -> None:
    """Give relations without a text of their own those of their properties, in place.

    Args:
        claims: Node of a property's item, node of the predicate it is the direct claim of.
        relations: Node of the predicate of each edge.
        texts: Label and aliases of nodes.
    """
    used = claims[np.isin(claims[:, 1], relations)].tolist()
    for item, predicate in sorted(used, key=lambda claim: texts.get(claim[0], [])):
        if item in texts:
            texts.setdefault(predicate, texts[item])
