"""`kgattn rules`: what each logic rule says, where it fires, what was learned of it, and F1 without it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from kgattn.evidence.rule_report import RuleFacts


def rules(
    graph: Annotated[str, typer.Option("--graph", metavar="DIR", help="Graph folder, or any source of one.")],
    path: Annotated[
        Path, typer.Option("--rules", metavar="PATH", help="A file NAME.rq with one SPARQL query, or a folder of them.")
    ],
    data: Annotated[
        str | None, typer.Option("--data", metavar="CORPUS", help="Count where rules fire, and score a run on it.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="RUN", help="A finished run that was trained with the rules.")
    ] = None,
    split: Annotated[str, typer.Option(help="train, dev or test.")] = "test",
    language: Annotated[
        str | None,
        typer.Option(help="Language code, or an installed spaCy pipeline.  [default: that of the run, else en]"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with the strengths by layer and head of a run.")
    ] = False,
) -> None:
    """List rules: pairs in the graph, pairs of mentions in a corpus, learned strength in nats, F1 with and without."""
    from rich.console import Console

    from kgattn.evidence.rule_report import DEFAULT_LANGUAGE, report_rules, run_language
    from kgattn.graph import KnowledgeGraph, read_rules
    from kgattn.linking.pipelines import resolve_pipeline
    from kgattn.ner.corpus import load_corpus

    found = read_rules(path)
    language = language or DEFAULT_LANGUAGE if run is None else run_language(run, language)
    loaded = KnowledgeGraph.load(graph, language=resolve_pipeline(language).lang or "xx")
    corpus = None if data is None else load_corpus(data)
    with Console(stderr=True).status("asking the graph"):
        facts = report_rules(loaded, found, corpus=corpus, split=split, run=run, language=language)
    if as_json:
        typer.echo(json.dumps([fact.to_json() for fact in facts], indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=140)
    console.print(_table(facts))


def _table(facts: "list[RuleFacts]") -> Any:
    from rich.table import Table

    table = Table(title="rules", title_justify="left")
    table.add_column("rule", overflow="fold")
    table.add_column("kind")
    for name in ("pairs", "mention pairs", "sentences", "least", "mean", "largest", "F1", "F1 without"):
        table.add_column(name, justify="right")
    for fact in facts:
        strength = ("", "", "") if fact.strength is None else tuple(f"{value:+.3f}" for value in fact.strength)
        counts = ("" if number is None else str(number) for number in (fact.mention_pairs, fact.sentences))
        scores = ("" if score is None else f"{100 * score:.2f}" for score in (fact.f1, fact.f1_without))
        table.add_row(fact.name, fact.kind, str(fact.pairs), *counts, *strength, *scores)
    return table
