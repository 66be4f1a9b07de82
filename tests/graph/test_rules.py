"""Rule files: read with their comments, evaluated by every engine alike, refused with file, name and line."""

import dataclasses

import numpy as np
import pytest

from kgattn.errors import RuleError
from kgattn.graph import KnowledgeGraph, Rule, match_pairs, read_rules, rule_pairs
from kgattn.graph.rules import check_rules, rules_from_json

TRIPLES = [
    ("Berlin", "capital of", "Germany"),
    ("Paris", "capital of", "France"),
    ("Munich", "in", "Germany"),
    ("Berlin", "in", "Germany"),
    ("Germany", "in", "Europe"),
    ("_:b7", "in", "Europe"),
    ("http://example.org/x", "in", "Europe"),
]
SELECT = "SELECT ?head ?tail WHERE "
CAPITAL = f"# capitals\n{SELECT}{{ ?head relation:capital_20_of ?tail }}"


@pytest.fixture(scope="module")
def graph():
    return KnowledgeGraph.from_triples(
        TRIPLES,
        types={"Berlin": "city", "Munich": "city", "Germany": "country", "France": "country"},
        labels={name: f"label of {name}" for triple in TRIPLES for name in (triple[0], triple[2])},
        licence="CC0",
        sources=["a note"],
    )


def pairs_of(graph, index):
    names = list(graph.entity_ids)
    return [
        (names[key // len(names)], names[key % len(names)], number)
        for key, number in zip(index.keys.tolist(), index.relations.tolist(), strict=True)
    ]


@pytest.fixture(params=["rdflib", "oxigraph"])
def engine(request):
    if request.param == "oxigraph":
        pytest.importorskip("pyoxigraph")
    return request.param


def test_pairs_of_all_rules_are_found_once(graph, engine):
    rules = (
        Rule("capital", CAPITAL),
        Rule("in Europe", f"{SELECT}{{ ?head relation:in+ ?tail . ?tail rdfs:label 'label of Europe' }}"),
        Rule("countries", f"{SELECT}{{ ?x relation:in ?head . ?head a type:country . ?y ?p ?tail . ?tail a ?type }}"),
        Rule("types are no entities", f"{SELECT}{{ ?head a ?tail }}"),
    )
    found = pairs_of(graph, rule_pairs(graph, rules, engine=engine))
    expected = {
        ("Berlin", "Germany", 0),
        ("Paris", "France", 0),
        *((name, "Europe", 1) for name in ("Munich", "Berlin", "Germany", "_:b7", "http://example.org/x")),
        ("Germany", "Germany", 2),
        ("Germany", "France", 2),
    }
    assert len(found) == len(expected)
    assert set(found) == expected


def test_pairs_are_looked_up_like_relations(graph):
    index = rule_pairs(graph, [Rule("capital", CAPITAL)])
    rows = [graph.entity_index(name) for name in ("Berlin", "Germany", "Munich")]
    heads, tails = np.array([rows[0], rows[1], rows[2], -1]), np.array([rows[1], rows[0], rows[1], rows[1]])
    pair, number = match_pairs(index, graph.num_entities, heads, tails)
    assert (pair.tolist(), number.tolist()) == ([0], [0])


def test_no_rules_are_no_pairs(graph):
    assert len(rule_pairs(graph, ()).keys) == 0


CONSTRUCT = "CONSTRUCT { ?a relation:in ?c } WHERE { ?a relation:in ?b . ?b relation:in ?c }"
NEW = (
    "CONSTRUCT { ?c relation:hasCapital ?a . ?a a <http://example.org/Capital> } WHERE { ?a relation:capital_20_of ?c }"
)


def test_derived_triples_join_the_given_ones(graph, engine, tmp_path):
    from kgattn.graph.rule_engine import derive

    rules = [Rule("transitive", CONSTRUCT), Rule("new", NEW)]
    derived = derive(graph, rules, rounds=1, limit=100, time_limit=60.0, engine=engine)
    names, relations = list(derived.entity_ids), list(derived.relation_ids)
    assert names == list(graph.entity_ids)
    found = {(names[head], relations[relation], names[tail]) for head, relation, tail in derived.triples.tolist()}
    assert found == {
        *TRIPLES,
        ("Berlin", "in", "Europe"),
        ("Munich", "in", "Europe"),
        ("Germany", "hasCapital", "Berlin"),
        ("France", "hasCapital", "Paris"),
    }
    assert derived.relation_labels[relations.index("hasCapital")] == "has capital"
    assert derived.types("Berlin") == ["city", "http://example.org/Capital"]
    assert derived.types("Paris") == ["http://example.org/Capital"]
    assert derived.types("Munich") == ["city"]
    assert derived.sources == ("a note", "rule transitive: 2 derived", "rule new: 4 derived")
    derived.save(tmp_path / "graph")
    assert KnowledgeGraph.load(tmp_path / "graph").fingerprint == derived.fingerprint
    assert graph.num_triples == len(TRIPLES)


def test_rounds_let_rules_feed_one_another_up_to_a_fixed_point():
    chain = KnowledgeGraph.from_triples([(f"e{step}", "in", f"e{step + 1}") for step in range(6)])
    rule = [Rule("transitive", CONSTRUCT)]
    assert chain.derive(rule).num_triples == 6 + 5
    assert chain.derive(rule, rounds=9).num_triples == 6 * 7 // 2


def test_derived_triples_are_bounded(graph):
    every = Rule("all", "CONSTRUCT { ?a relation:knows ?b } WHERE { ?a rdfs:label ?x . ?b rdfs:label ?y }", "all.rq")
    with pytest.raises(RuleError, match=r"all\.rq: rule 'all': a derived triple joins entities of the graph"):
        graph.derive([every])  # relations and types have labels, too
    cities = Rule("cities", "CONSTRUCT { ?a relation:knows ?b } WHERE { ?a a type:city . ?b a type:city }")
    with pytest.raises(RuleError, match="rule 'cities': rules may derive 3 triples, got more"):
        graph.derive([cities], limit=3)
    assert graph.derive([cities], limit=4).num_triples == len(TRIPLES) + 4


@pytest.mark.parametrize(
    "template", ["?a rdfs:label 'x'", "_:new relation:in ?a", "?a relation:in <http://example.org/unknown>"]
)
def test_only_entities_of_the_graph_are_joined(graph, template):
    with pytest.raises(RuleError, match="rule 'odd': a derived triple joins entities of the graph"):
        graph.derive([Rule("odd", f"CONSTRUCT {{ {template} }} WHERE {{ ?a a type:city }}")])


def test_too_many_pairs_are_refused(graph):
    many = Rule("many", f"{SELECT}{{ ?head ?p ?x . ?tail ?q ?y }}", "rules/many.rq")
    with pytest.raises(RuleError, match=r"rules/many\.rq: rule 'many': a rule may find 3 pairs, got more"):
        rule_pairs(graph, [many], limit=3)


def test_a_rule_that_does_not_end_is_stopped(graph, monkeypatch):
    monkeypatch.setattr("kgattn.graph.rule_engine.FILL_SECONDS", 0.0)
    long = "http://example.org/" + "a" * 40
    endless = Rule("endless", f"{SELECT}{{ ?head ?p ?tail FILTER regex('{long}!', '(a+)+$') }}", "rules/endless.rq")
    with pytest.raises(RuleError, match=r"rules/endless\.rq: rule 'endless': rules may take 6 s"):
        rule_pairs(graph, [Rule("capital", CAPITAL), endless], time_limit=6.0, engine="rdflib")


def test_a_rule_that_breaks_the_engine_is_named(graph, monkeypatch):
    monkeypatch.setattr("kgattn.graph.rule_engine.MEMORY", 1 << 20)
    with pytest.raises(RuleError, match="rule 'capital': the rule could not be evaluated"):
        rule_pairs(dataclasses.replace(graph, triples=graph.triples[:0]), [Rule("capital", CAPITAL)])


def test_rules_of_the_other_kind_are_refused(graph):
    with pytest.raises(RuleError, match="rule 'derives': expected a SELECT rule, got a CONSTRUCT one; call graph"):
        rule_pairs(graph, [Rule("derives", CONSTRUCT)])
    with pytest.raises(RuleError, match="rule 'capital': expected a CONSTRUCT rule, got a SELECT one; give it to"):
        graph.derive([Rule("capital", CAPITAL)])
    with pytest.raises(RuleError, match="rule 'capital': the name is taken"):
        rule_pairs(graph, [Rule("capital", CAPITAL), Rule("capital", CAPITAL)])
    with pytest.raises(RuleError, match=r"rules must be kgattn\.Rule objects, got 'capital'"):
        check_rules(["capital"], "select", "")
    with pytest.raises(RuleError, match="derive needs at least one rule, got none"):
        graph.derive([])
    with pytest.raises(RuleError, match="rounds and limit must be at least 1, got 0 and 5"):
        graph.derive([Rule("derives", CONSTRUCT)], rounds=0, limit=5)


def test_files_are_read_by_name_with_their_comments(tmp_path):
    (tmp_path / "b.rq").write_text(CAPITAL, encoding="utf-8")
    (tmp_path / "a.rq").write_text(CONSTRUCT, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no rule", encoding="utf-8")
    rules = read_rules(tmp_path)
    assert [(rule.name, rule.kind, rule.query) for rule in rules] == [
        ("a", "construct", CONSTRUCT),
        ("b", "select", CAPITAL),
    ]
    assert read_rules(tmp_path / "b.rq") == (Rule("b", CAPITAL),)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f"# one\n{SELECT}\n{{ ?head ?p }}", r"broken\.rq:3: rule 'broken': not a SPARQL query"),
        (f"{SELECT}\n{{ ?head foo:p ?tail }}", r"broken\.rq:2: rule 'broken': .*Unknown namespace prefix : foo"),
        ("", r"broken\.rq:1: rule 'broken': not a SPARQL query"),
        ("ASK { ?head ?p ?tail }", r"broken\.rq:1: rule 'broken': a rule is a SELECT or CONSTRUCT query, got AskQuery"),
        ("DESCRIBE <http://example.org/x>", "got DescribeQuery"),
        ("\nSELECT * { ?head ?p ?tail }", r"broken\.rq:2: .*selects \?head and \?tail, got \?head \?p \?tail"),
        (
            f"{SELECT}{{ ?head ?p ?tail\n SERVICE <http://example.org/> {{ ?a ?b ?c }} }}",
            r"\.rq:2: .*SERVICE is refused",
        ),
        (
            f"{SELECT}{{ ?head ?p ?tail # x\r SERVICE SILENT <http://e.org> {{ ?a ?b ?c }} #\n}}",
            "SERVICE is refused",
        ),
        (
            f'{SELECT}{{ ?head ?p ?tail\n FILTER(?p != "a\\u0022) #") SERVICE SILENT <http://e.org> {{}} }}',
            r"\.rq:2: .*parsers differ over them",
        ),
        (
            f"# SERVICE\n{SELECT}{{ ?head ?p ?tail FILTER EXISTS {{\n SERVICE SILENT <e:e> {{ ?a ?b ?c }} }} }}",
            r"\.rq:3: .*SERVICE is refused",
        ),
        (
            f"{SELECT}{{ {{ SELECT ?head ?tail {{\n GRAPH ?g {{ ?head ?p ?tail }} }} }} }}",
            r"\.rq:2: .*GRAPH is refused",
        ),
        ("SELECT ?head ?tail\nFROM <http://example.org/>\n{ ?head ?p ?tail }", r"\.rq:2: .*FROM is refused"),
        ("SELECT ?head ?tail FROM NAMED <http://example.org/> { ?head ?p ?tail }", r"\.rq:1: .*FROM is refused"),
        ("CONSTRUCT { ?a ?b ?c } FROM <file:///etc/passwd> WHERE { ?a ?b ?c }", r"\.rq:1: .*FROM is refused"),
        ("# x\nLOAD <file:///etc/passwd>", r"\.rq:2: .*LOAD is refused"),
        ("DELETE WHERE { ?a ?b ?c }", r"\.rq:1: .*DELETE is refused"),
        ("INSERT DATA { <a:a> <a:b> <a:c> }", r"\.rq:1: .*INSERT is refused"),
        (f"{SELECT}{'{' * 50}?head ?p ?tail{'}' * 50}", r"\.rq:1: .*nested 40 deep"),
        (f"{SELECT}{{ ?head ?p ?tail FILTER({'(' * 36}1{')' * 36}) }}", "nested too deep"),
        (f"{SELECT}{{ ?head ?p ?tail }}#{'x' * 70_000}", "may have 65536 characters"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_line(tmp_path, query, message):
    (tmp_path / "broken.rq").write_text(query, encoding="utf-8")
    with pytest.raises(RuleError, match=message):
        read_rules(tmp_path)


def test_folders_and_names_that_do_not_fit(tmp_path):
    with pytest.raises(RuleError, match=r"expected a file NAME\.rq or a folder of them, got none"):
        read_rules(tmp_path)
    with pytest.raises(RuleError, match="got none"):
        read_rules(tmp_path / "absent.rq")
    (tmp_path / "rule.txt").write_text(CAPITAL, encoding="utf-8")
    with pytest.raises(RuleError, match=r"a rule file is named NAME\.rq, got '\.txt'"):
        read_rules(tmp_path / "rule.txt")
    (tmp_path / "latin.rq").write_bytes("# é\n".encode("latin-1"))
    with pytest.raises(RuleError, match=r"latin\.rq: expected UTF-8"):
        read_rules(tmp_path / "latin.rq")
    with pytest.raises(RuleError, match=r"a rule's name must be letters, digits, _ \. - and blanks, got '\.\./x'"):
        Rule("../x", CAPITAL)


@pytest.mark.parametrize("values", [["x"], {"x": 3}, None])
def test_saved_rules_that_are_none(values):
    with pytest.raises(RuleError, match="rules must be an object of names and SPARQL queries, got "):
        rules_from_json(values)


def test_saved_rules_are_checked_again():
    assert rules_from_json({"capital": CAPITAL}) == (Rule("capital", CAPITAL),)
    with pytest.raises(RuleError, match="rule 'x', line 1: LOAD is refused"):
        rules_from_json({"x": "LOAD <file:///etc/passwd>"})


def test_a_message_without_a_file_names_rule_and_line():
    with pytest.raises(RuleError, match="rule 'plain', line 2: not a SPARQL query"):
        Rule("plain", f"{SELECT}\n{{ ?head ?p }}")


def test_a_rule_out_of_a_plugin_hides_nothing_behind_a_carriage_return():
    query = f"{SELECT}{{ ?head ?p ?tail # x\r SERVICE SILENT <http://e.org> {{ ?a ?b ?c }} #\n}}"
    with pytest.raises(RuleError, match="parsers differ over them"):
        rules_from_json({"hidden": query})
