import pytest

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

OWL = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [
  <!ENTITY rdfs "http://www.w3.org/2000/01/rdf-schema#">
  <!ENTITY comment "&rdfs;comment">
]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="&rdfs;">
  <rdf:Description rdf:about="http://a/x"><rdfs:label>ex</rdfs:label></rdf:Description>
</rdf:RDF>
"""
LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
BOMBS = {
    "laughs": (f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>', "entities may expand to 4096 characters"),
    "long": (f'<!DOCTYPE a [<!ENTITY l "{"x" * 5000}">]><a>&l;&l;</a>', "entities may expand to 4096 characters"),
    "circle": ('<!DOCTYPE a [<!ENTITY a "&b;"><!ENTITY b "&a;">]><a>&a;</a>', "entities may expand to 4096 characters"),
    "file": (
        '<!DOCTYPE a [\n<!ENTITY a SYSTEM "file:///etc/hostname">]><a>&a;</a>',
        ":2: external and parameter entities",
    ),
    "parameter": ('<!DOCTYPE a [<!ENTITY % a "x"> %a;]><a/>', ":1: external and parameter entities"),
}


def test_the_short_entities_of_owl_files_pass(tmp_path):
    (tmp_path / "graph.owl").write_text(OWL)
    assert KnowledgeGraph.load(tmp_path / "graph.owl").label("http://a/x") == "ex"


@pytest.mark.parametrize("suffix", ["rdf", "graphml", "gexf"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_xml_bombs_are_refused_before_parsing(tmp_path, suffix, bomb):
    content, message = BOMBS[bomb]
    (tmp_path / f"graph.{suffix}").write_text(content)
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(tmp_path / f"graph.{suffix}")


@pytest.mark.parametrize(
    "context",
    [
        '"https://schema.org/"',
        '"file:///etc/hostname"',
        '[{"a": "http://a/"}, "context.jsonld"]',
        '{"@import": "http://example.org/context"}',
        '{"a": {"@id": "http://a/a", "@context": "http://example.org/context"}}',
    ],
)
def test_contexts_are_never_fetched(tmp_path, context):
    (tmp_path / "graph.jsonld").write_text(f'{{"@context": {context}, "@id": "http://a/x"}}')
    with pytest.raises(GraphError, match="contexts are not fetched, got the address"):
        KnowledgeGraph.load(tmp_path / "graph.jsonld")


def test_deep_json_is_refused(tmp_path):
    (tmp_path / "graph.jsonld").write_text("[" * 200 + "]" * 200)
    with pytest.raises(GraphError, match="nested 100 levels deep"):
        KnowledgeGraph.load(tmp_path / "graph.jsonld")
