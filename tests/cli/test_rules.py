"""`kgattn rules` and `kgattn train --rules`: counts, strengths and F1 by rule, all from the files a user has."""

import json
from pathlib import Path

import pytest

import kgattn
from kgattn.cli import main
from kgattn.graph import KnowledgeGraph

SENTENCES = [
    (["Ada", "saw", "Rome", "in", "Italy"], ["B-PER", "O", "B-LOC", "O", "B-LOC"]),
    (["Rome", ",", "Italy", ",", "Paris"], ["B-LOC", "O", "B-LOC", "O", "B-LOC"]),
    (["Bob", "left", "Paris"], ["B-PER", "O", "B-LOC"]),
] * 4
CAPITAL = "# capitals\nSELECT ?head ?tail WHERE { ?head relation:capitalOf ?tail }"
TOGETHER = "SELECT ?head ?tail WHERE { ?head a type:city . ?tail a type:city }"


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    text = "\n".join("".join(f"{w}\t{t}\n" for w, t in zip(*row, strict=True)) for row in SENTENCES)
    for name in ("train", "dev", "test"):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def graph(tmp_path) -> Path:
    triples = [("Rome", "capitalOf", "Italy"), ("Paris", "capitalOf", "France")]
    types = {"Rome": "city", "Paris": "city"}
    KnowledgeGraph.from_triples(triples, types=types).save(tmp_path / "graph")
    return tmp_path / "graph"


@pytest.fixture
def rules(tmp_path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "capital.rq").write_text(CAPITAL, encoding="utf-8")
    (folder / "together.rq").write_text(TOGETHER, encoding="utf-8")
    derived = "CONSTRUCT { ?b relation:hasCapital ?a . ?b a type:country } WHERE { ?a relation:capitalOf ?b }"
    (folder / "derived.rq").write_text(derived, encoding="utf-8")
    return folder


def asked(capsys, *arguments: object) -> list[dict]:
    assert main(["rules", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_rule_is_counted_in_graph_and_corpus(graph, rules, data, capsys):
    facts = asked(capsys, "--graph", graph, "--rules", rules, "--data", data)
    counted = {fact["name"]: (fact["kind"], fact["pairs"], fact["mention_pairs"], fact["sentences"]) for fact in facts}
    assert counted == {
        "capital": ("select", 2, 8, 8),
        "derived": ("construct", 4, None, None),
        "together": ("select", 4, 8, 4),
    }
    assert main(["rules", "--graph", str(graph), "--rules", str(rules / "capital.rq")]) == 0
    assert "capital" in capsys.readouterr().out


def test_labels_are_taken_in_the_language_of_the_text(rules, tmp_path, capsys):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    lines = [f'<urn:e:rome> {label} "Rome"@en, "Rom"@de ; <urn:e:capitalOf> <urn:e:italy> .']
    lines += [f'<urn:e:italy> {label} "Italy"@en, "Italien"@de .']
    (tmp_path / "graph.ttl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "corpus").mkdir()
    for name in ("train", "dev", "test"):
        (tmp_path / "corpus" / f"{name}.txt").write_text("Rom\tB-LOC\n,\tO\nItalien\tB-LOC\n", encoding="utf-8")
    (rules / "capital.rq").write_text("SELECT ?head ?tail WHERE { ?head <urn:e:capitalOf> ?tail }", encoding="utf-8")
    command = ["--graph", tmp_path / "graph.ttl", "--rules", rules / "capital.rq", "--data", tmp_path / "corpus"]
    assert asked(capsys, *command, "--language", "de")[0]["mention_pairs"] == 1
    assert asked(capsys, *command, "--language", "en")[0]["mention_pairs"] == 0


def test_a_run_tells_what_it_learned_and_what_it_is_without(graph, rules, data, bert_tiny_path, tmp_path, capsys):
    run, settings = tmp_path / "run", tmp_path / "settings.json"
    settings.write_text(json.dumps({"epochs": 4, "injection": {"entity_dim": 16, "code_dim": 32}}))
    shared = ["--data", str(data), "--graph", str(graph)]
    train = ["train", *shared, "--model", "bert-tiny", "--config", str(settings), "--bf16", "off", "-o", str(run)]
    assert main([*train, "--rules", str(rules)]) == 0
    capsys.readouterr()
    saved = json.loads((run / "model" / "kgattn_config.json").read_text())["injection"]["rules"]
    assert saved == {"capital": CAPITAL, "together": TOGETHER}

    facts = {fact["name"]: fact for fact in asked(capsys, *shared, "--rules", rules, "--run", run)}
    result = json.loads((run / "result.json").read_text())
    model = kgattn.from_pretrained(run / "model")
    for name in saved:
        bias = model.kgattn.term_biases()[name]
        assert facts[name]["strength"] == pytest.approx([float(bias.min()), float(bias.mean()), float(bias.max())])
        assert facts[name]["strength"][0] < facts[name]["strength"][2]
        assert facts[name]["strengths"] == bias.tolist()
        assert (len(facts[name]["strengths"]), len(facts[name]["strengths"][0])) == (2, 2), "layers and heads"
        assert facts[name]["f1"] == pytest.approx(result["test"]["f1"])
        assert 0 <= facts[name]["f1_without"] <= 1
    assert facts["derived"]["f1"] is facts["derived"]["strengths"] is None
    assert main(["rules", *shared, "--rules", str(rules), "--run", str(run)]) == 0
    assert "F1 without" in capsys.readouterr().out

    facts = asked(capsys, "--graph", graph, "--rules", rules / "capital.rq", "--run", run)
    assert facts[0]["strength"] is not None
    assert facts[0]["f1"] is None

    (rules / "capital.rq").write_text(TOGETHER, encoding="utf-8")
    assert main(["rules", *shared, "--rules", str(rules), "--run", str(run)]) == 2
    assert "was trained with another query of that name" in capsys.readouterr().err
    (rules / "capital.rq").rename(rules / "new.rq")
    assert main(["rules", *shared, "--rules", str(rules / "new.rq"), "--run", str(run)]) == 2
    assert "rule 'new': " in capsys.readouterr().err


def test_a_run_counts_as_it_links(data, rules, bert_tiny_path, tmp_path, capsys):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    lines = [f'<urn:e:rome> {label} "Ancient Rome"@en, "Rome"@de ; <urn:e:capitalOf> <urn:e:italy> .']
    lines += [
        f'<urn:e:italy> {label} "Italy"@de . <urn:e:paris> {label} "Paris"@de ; <urn:e:capitalOf> <urn:e:italy> .'
    ]
    (tmp_path / "graph.ttl").write_text("\n".join(lines), encoding="utf-8")
    (rules / "capital.rq").write_text("SELECT ?head ?tail WHERE { ?head <urn:e:capitalOf> ?tail }", encoding="utf-8")
    settings, run = tmp_path / "settings.json", tmp_path / "run"
    values = {"epochs": 1, "injection": {"entity_dim": 16, "code_dim": 32}, "linker": {"stop_list": ["Paris"]}}
    settings.write_text(json.dumps(values))
    shared = ["--data", str(data), "--graph", str(tmp_path / "graph.ttl"), "--rules", str(rules / "capital.rq")]
    train = ["train", *shared, "--model", "bert-tiny", "--config", str(settings), "--bf16", "off", "-o", str(run)]
    assert main([*train, "--language", "de"]) == 0
    capsys.readouterr()
    assert [fact["mention_pairs"] for fact in asked(capsys, *shared, "--language", "de")] == [12]
    for language in ((), ("--language", "de")):
        assert [fact["mention_pairs"] for fact in asked(capsys, *shared, "--run", run, *language)] == [8]
    assert main(["rules", *shared, "--run", str(run), "--language", "en"]) == 2
    assert f"language must be that of {run}, 'de', got 'en'; leave it out" in capsys.readouterr().err


def test_rules_that_derive_triples_have_no_strength_in_a_plain_run(
    graph, rules, data, bert_tiny_path, tmp_path, capsys
):
    train = ["train", "--data", str(data), "--model", "bert-tiny", "--arm", "plain", "--epochs", "1", "--bf16", "off"]
    assert main([*train, "-o", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    (fact,) = asked(capsys, "--graph", graph, "--rules", rules / "derived.rq", "--run", tmp_path / "run")
    assert (fact["pairs"], fact["strength"], fact["strengths"]) == (4, None, None)


def test_broken_rules_and_rules_of_one_kind(graph, rules, data, tmp_path, capsys):
    (rules / "broken.rq").write_text("SELECT ?head ?tail\nWHERE { SERVICE <a:b> { ?head ?p ?tail } }", encoding="utf-8")
    assert main(["rules", "--graph", str(graph), "--rules", str(rules)]) == 2
    assert f"{rules / 'broken.rq'}:2: rule 'broken': SERVICE is refused" in capsys.readouterr().err
    command = ["train", "--data", str(data), "--graph", str(graph), "-o", str(tmp_path / "run")]
    assert main([*command, "--rules", str(rules / "derived.rq")]) == 2
    assert "expected a SELECT rule to inject, got CONSTRUCT rules alone" in capsys.readouterr().err
