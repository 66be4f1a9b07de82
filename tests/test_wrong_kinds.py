"""Arguments of a wrong kind, as a user without a type checker passes them: one line each, from kgattn itself.

They run in a process of their own, since the type checks of the tests would refuse them first.
"""

import subprocess
import sys

import pytest

CALLS = {
    "KnowledgeGraph.from_triples([], labels=['Berlin'])": "GraphError: labels must be a mapping of entity ids",
    "KnowledgeGraph.from_triples([], labels={'Q64': None})": "GraphError: labels must be texts, got None for 'Q64'",
    "KnowledgeGraph.from_triples([], aliases={'Q64': [3]})": "GraphError: aliases must be texts, got 3 for 'Q64'",
    "KnowledgeGraph.from_triples([], types={3: 'city'})": "GraphError: types must be texts, got 3 for 3",
    "KnowledgeGraph.from_triples(TRIPLES, features=[1.0, 2.0])": "GraphError: features must have shape [entity, dim]",
    "GRAPH.with_entity(5, label='x')": "GraphError: id of an entity must be strings, got 5; turn it into a string",
    "GRAPH.with_entity('x', label=5)": "GraphError: label of an entity must be strings, got 5; turn it into a string",
    "GRAPH.with_entity('Berlin', aliases=['x', 5])": "GraphError: aliases of an entity must be strings, got 5; turn it",
    "GRAPH.with_entity('Berlin', aliases=5)": "GraphError: aliases of an entity must be strings, got 5; pass a list",
    "GRAPH.with_entity('Berlin', types=None)": "GraphError: types of an entity must be strings, got None; pass a list",
    "KnowledgeGraph.from_rdf('graph.ttl')": "GraphError: from_rdf takes an rdflib.Graph, got str; read files by",
    "KnowledgeGraph.from_networkx('graph.gexf')": "GraphError: from_networkx takes a networkx graph, got str",
    "EntityLinker('graph')": "LinkingError: EntityLinker needs a kgattn.KnowledgeGraph, got str; make one with",
    "LINKER.with_graph('graph')": "LinkingError: with_graph needs a kgattn.KnowledgeGraph, got str; make one with",
    "EntityLinker(GRAPH, nlp=3)": "LinkingError: nlp must be a language code such as 'en', an installed spaCy",
    "LINKER(None)": "LinkingError: a text must be a string, got NoneType; give strings",
    "list(LINKER.pipe([b'Berlin']))": "LinkingError: a text must be a string, got bytes; give strings",
    "LINKER.pipe('Berlin')": "LinkingError: pipe takes a stream of texts, got one text; put it into a list",
    "LINKER.link_words([[3]])": "LinkingError: words must be strings, got int in sentence 0",
    "kgattn.doctor('graph', 'corpus')": "GraphError: doctor needs a kgattn.KnowledgeGraph, got str; use",
    "Processor(Tokenizer, GRAPH)": "LinkingError: Processor needs a kgattn.EntityLinker, got KnowledgeGraph",
}
SCRIPT = f"""
import kgattn
from kgattn import EntityLinker, KnowledgeGraph, Processor
from kgattn.errors import KgattnError

TRIPLES = [("Berlin", "capital of", "Germany")]
GRAPH = KnowledgeGraph.from_triples(TRIPLES)
LINKER = EntityLinker(GRAPH)

class Tokenizer:
    is_fast = True

for call in {list(CALLS)!r}:
    try:
        eval(call)
    except Exception as error:
        print(f"{{type(error).__name__}}: {{error}}")
    else:
        print("nothing")
"""


@pytest.fixture(scope="module")
def errors() -> dict[str, str]:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, check=True)
    return dict(zip(CALLS, done.stdout.splitlines(), strict=True))


@pytest.mark.parametrize("call", CALLS)
def test_an_argument_of_a_wrong_kind_is_one_line(errors, call):
    assert errors[call].startswith(CALLS[call])
