"""Rules that would reach out of the graph, or never end: refused when they are read, else stopped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SELECT = "SELECT ?head ?tail WHERE "
PLAIN = "?head relation:next ?tail"
OUT = "<http://127.0.0.1:9/sparql>"
FILE = "<file:///etc/passwd>"
REFUSED = {
    "service": (f"{SELECT}{{ SERVICE {OUT} {{ {PLAIN} }} }}", "SERVICE is refused"),
    "service of a variable": (f"{SELECT}{{ ?head ?s ?tail SERVICE ?s {{ {PLAIN} }} }}", "SERVICE is refused"),
    "in small letters": (f"{SELECT}{{ {PLAIN} service silent {OUT} {{ ?a ?b ?c }} }}", "SERVICE is refused"),
    "of a prefix": (f"PREFIX a: <http://127.0.0.1:9/> {SELECT}{{ SERVICE a:b {{ {PLAIN} }} }}", "SERVICE is refused"),
    "behind OPTIONAL": (f"{SELECT}{{ {PLAIN} OPTIONAL {{ SERVICE {OUT} {{ ?a ?b ?c }} }} }}", "SERVICE is refused"),
    "behind MINUS": (f"{SELECT}{{ {PLAIN} MINUS {{ SERVICE {OUT} {{ {PLAIN} }} }} }}", "SERVICE is refused"),
    "behind UNION": (f"{SELECT}{{ {{ {PLAIN} }} UNION {{ SERVICE {OUT} {{ {PLAIN} }} }} }}", "SERVICE is refused"),
    "in NOT EXISTS": (
        f"{SELECT}{{ {PLAIN} FILTER NOT EXISTS {{ SERVICE {OUT} {{ {PLAIN} }} }} }}",
        "SERVICE is refused",
    ),
    "in BIND": (f"{SELECT}{{ {PLAIN} BIND(EXISTS {{ SERVICE {OUT} {{ {PLAIN} }} }} AS ?x) }}", "SERVICE is refused"),
    "in a query inside": (f"{SELECT}{{ {{ SELECT * {{ SERVICE {OUT} {{ {PLAIN} }} }} }} }}", "SERVICE is refused"),
    "of a rule that derives": (
        f"CONSTRUCT {{ ?a relation:x ?b }} WHERE {{ SERVICE {OUT} {{ ?a ?p ?b }} }}",
        "SERVICE is refused",
    ),
    "behind a carriage return": (f"{SELECT}{{ {PLAIN} # x\r SERVICE {OUT} {{ ?a ?b ?c }} #\n}}", "is refused"),
    "behind an escape": (
        f'{SELECT}{{ {PLAIN} FILTER(?p != "a\\u0022) #") SERVICE {OUT} {{}} }}',
        "parsers differ over them",
    ),
    "in escapes": (f"{SELECT}{{ {PLAIN} \\u0053ERVICE {OUT} {{ ?a ?b ?c }} }}", "parsers differ over them"),
    "graph": (f"{SELECT}{{ GRAPH {FILE} {{ {PLAIN} }} }}", "GRAPH is refused"),
    "from": (f"SELECT ?head ?tail FROM {FILE} WHERE {{ {PLAIN} }}", "FROM is refused"),
    "from an address": (f"SELECT ?head ?tail FROM {OUT} {{ {PLAIN} }}", "FROM is refused"),
    "from named": (f"SELECT ?head ?tail FROM NAMED {FILE} {{ {PLAIN} }}", "FROM is refused"),
    "derived from": (f"CONSTRUCT {{ ?a ?b ?c }} FROM {FILE} WHERE {{ ?a ?b ?c }}", "FROM is refused"),
    "described": (f"DESCRIBE {FILE}", "got DescribeQuery"),
    "load": (f"LOAD {FILE}", "LOAD is refused"),
    "load an address": (f"LOAD SILENT {OUT} INTO GRAPH <a:a>", "LOAD is refused"),
    "load after a rule": (f"{SELECT}{{ {PLAIN} }} ; LOAD {FILE}", "not a SPARQL query"),
    "insert": (f"INSERT {{ ?a ?b ?c }} WHERE {{ SERVICE {OUT} {{ ?a ?b ?c }} }}", "INSERT is refused"),
    "drop": ("DROP ALL", "DROP is refused"),
    "deep": (f"{SELECT}{'{' * 20_000}{PLAIN}{'}' * 20_000}", "may have 65536 characters, got|nested 40 deep"),
    "long": (f"{SELECT}{{ {PLAIN} }}#{'x' * (1 << 24)}", "may have 65536 characters"),
    "operators": (f"{SELECT}{{ {PLAIN} FILTER({'!' * 30_000}true) }}", "deep|not a SPARQL query"),
    "no text": (b"\xff\xfeS\x00", "expected UTF-8"),
    "nothing": ("", "not a SPARQL query"),
}


@pytest.mark.parametrize(("query", "message"), REFUSED.values(), ids=REFUSED)
def test_what_reaches_out_is_refused_when_it_is_read(attempt, query, message):
    """No process may be started here: nothing was evaluated."""
    error = attempt("a.rq", query, "read rule").error
    assert "a.rq" in error
    assert any(part in error for part in message.split("|"))


@pytest.fixture(params=["ask rdflib", "ask oxigraph"])
def task(request):
    if "oxigraph" in request.param:
        pytest.importorskip("pyoxigraph")
    return request.param


WORDS = {
    "comment": f"# SERVICE {OUT}\n{SELECT}{{ {PLAIN} }}",
    "text": f"{SELECT}{{ {PLAIN} FILTER(?head != 'SERVICE {OUT} LOAD {FILE} FROM') }}",
    "name": f"{SELECT}{{ {PLAIN} FILTER(?head != <http://127.0.0.1:9/service>) }}",
}


@pytest.mark.parametrize("query", WORDS.values(), ids=WORDS)
def test_words_that_say_nothing_reach_nowhere(attempt, task, query):
    outcome = attempt("a.rq", query, task)
    assert outcome.graph.get("pairs") == 50 or "the word SERVICE is refused here" in outcome.error


LARGE = {
    "all pairs": f"{SELECT}{{ ?head relation:next ?x . ?tail relation:next ?y }}",
    "all paths": f"{SELECT}{{ ?head relation:next+ ?tail }}",
    "derived pairs": "CONSTRUCT { ?a relation:x ?b } WHERE { ?a relation:next ?c . ?b relation:next ?d }",
    "derived in rounds": "CONSTRUCT { ?a relation:next ?c } WHERE { ?a relation:next ?b . ?b relation:next ?c }",
}


@pytest.mark.parametrize("query", LARGE.values(), ids=LARGE)
def test_answers_without_measure_are_refused(attempt, task, query):
    error = attempt("a.rq", query, task).error
    assert "a.rq: rule 'a': " in error
    assert "1000" in error
    assert error.endswith("got more; make it more specific")


ENDLESS = {
    "joins": f"{SELECT}{{ {' '.join(f'?a{n} ?p{n} ?b{n} .' for n in range(9))} {PLAIN} }}",
    "sorted joins": "SELECT ?head ?tail { ?a ?b ?c . ?d ?e ?f . ?head ?x ?tail } ORDER BY ?a ?f",
    "an expression that looks back": f"{SELECT}{{ ?head ?p ?tail FILTER regex('{'a' * 60}!', '(a+)+$') }}",
}


@pytest.mark.parametrize(
    ("query", "task"),
    [
        *((ENDLESS[name], "ask rdflib briefly") for name in ENDLESS),
        (ENDLESS["sorted joins"], "ask oxigraph briefly"),
    ],
)
def test_rules_without_end_are_stopped(attempt, task, query):
    """By the clock, or because they may have no more memory."""
    if "oxigraph" in task:
        pytest.importorskip("pyoxigraph")
    error = attempt("a.rq", query, task).error
    assert "a.rq: rule 'a': " in error
    assert "rules may take 3 s, this one was not done" in error or "the rule could not be evaluated" in error


@pytest.mark.parametrize(
    "code", ["open('/etc/passwd')", "import socket; socket.socket()", "import os; os.system('true')"]
)
def test_the_processes_that_are_started_are_guarded(tmp_path, code):
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (here / "child", here)))}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("crime: ")
