"""The demo corpora: rebuilt byte for byte, names unseen, knowledge needed in one and useless in the other."""

import json
from functools import cache
from pathlib import Path

import pytest

from kg_data import demo_corpus
from kg_data.demo_names import LABEL_OF_TYPE, PLACE_FIRST_NAMES, POOL_SIZES, SPLITS, Draw, name_pools
from kg_data.place_names import fold
from kgattn.graph import KnowledgeGraph


@cache
def sentences(kind: str, split: str) -> list[dict[str, list[str]]]:
    lines = (demo_corpus.FOLDER / kind / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def names(kind: str, split: str, without: str = "PERSON") -> dict[str, str]:
    """Name -> label of the one-word entities of a corpus."""
    return {
        token: tag[2:]
        for sentence in sentences(kind, split)
        for token, tag in zip(sentence["tokens"], sentence["ner_tags"], strict=True)
        if tag.startswith("B-") and tag[2:] != without
    }


@pytest.fixture(scope="module")
def rendered(bundled: KnowledgeGraph) -> dict[str, str]:
    return demo_corpus.render_corpora(bundled)


def test_files_are_not_stale(rendered: dict[str, str]) -> None:
    for name, text in rendered.items():
        committed = (demo_corpus.FOLDER / name).read_bytes()
        assert committed == text.encode(), f"{name} is stale; run python -m kg_data corpus"


def test_writing(tmp_path: Path, rendered: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_corpus, "render_corpora", lambda graph: rendered)
    demo_corpus.write_corpora(tmp_path)
    assert (tmp_path / "negative" / "test.jsonl").read_bytes() == (
        demo_corpus.FOLDER / "negative" / "test.jsonl"
    ).read_bytes()


@pytest.mark.parametrize("kind", ["positive", "negative"])
@pytest.mark.parametrize("split", SPLITS)
def test_form(kind: str, split: str) -> None:
    rows = sentences(kind, split)
    assert len(rows) == demo_corpus.SENTENCES[split]
    for row in rows:
        assert set(row) == {"tokens", "ner_tags"}
        assert len(row["tokens"]) == len(row["ner_tags"])
        for before, tag in zip(["O", *row["ner_tags"]], row["ner_tags"], strict=False):
            assert tag[0] in "BIO"
            assert tag[0] != "I" or before[2:] == tag[2:]
    assert not any("{" in token for row in rows for token in row["tokens"])


@pytest.mark.parametrize("kind", ["positive", "negative"])
def test_no_entity_of_the_test_part_is_seen_before(kind: str) -> None:
    seen = {token for split in ("train", "dev") for row in sentences(kind, split) for token in row["tokens"]}
    assert not seen & set(names(kind, "test"))


def test_positive_labels_are_what_the_graph_says(bundled: KnowledgeGraph) -> None:
    labels_of: dict[str, set[str]] = {}
    for entity_id in bundled.entity_ids:
        for form in (bundled.label(entity_id), *bundled.aliases(entity_id)):
            known = {LABEL_OF_TYPE[type_id] for type_id in bundled.types(entity_id) if type_id in LABEL_OF_TYPE}
            labels_of.setdefault(fold(form).lower(), set()).update(known)
    for split in SPLITS:
        for name, label in names("positive", split).items():
            assert labels_of[name.lower()] == {label}
    assert set(names("positive", "test").values()) == set(POOL_SIZES)


def test_positive_has_names_that_mislead_and_names_nobody_knows(bundled: KnowledgeGraph) -> None:
    persons = [
        token
        for row in sentences("positive", "test")
        for token, tag in zip(row["tokens"], row["ner_tags"], strict=True)
        if tag.endswith("PERSON")
    ]
    assert set(persons) & set(PLACE_FIRST_NAMES[2])
    known = {fold(word).lower() for text in (*bundled.labels, *bundled.alias_texts) for word in text.split()}
    pool = name_pools(bundled, seed="positive")["test"]
    unlinked = {
        token
        for row in sentences("positive", "test")
        for token, tag in zip(row["tokens"], row["ner_tags"], strict=True)
        if tag == "O" and token in pool.invented
    }
    assert len(unlinked) > 30
    assert not {name.lower() for name in unlinked} & known


def test_negative_labels_are_unknown_to_the_graph_though_its_names_are_all_around(bundled: KnowledgeGraph) -> None:
    known = set(bundled.labels)
    assert not set(names("negative", "test")) & known
    around = [row for row in sentences("negative", "test") if set(row["tokens"]) & known]
    assert len(around) > 300
    for row in around:
        for token, tag in zip(row["tokens"], row["ner_tags"], strict=True):
            assert token not in known or tag == "O"


def test_draws_are_stable() -> None:
    draw = Draw("seed")
    assert draw.shuffled(list(range(5))) == Draw("seed").shuffled(list(range(5)))
    assert sorted(draw.shuffled([3, 1, 2])) == [1, 2, 3]
    assert not draw.chance(0.0)
    assert draw.pick(["only"]) == "only"


def test_names_of_two_words() -> None:
    tokens, tags = demo_corpus.fill_template("Old {person} left .", lambda slot: ("Ann Vex", slot.upper()))
    assert tokens == ["Old", "Ann", "Vex", "left", "."]
    assert tags == ["O", "B-PERSON", "I-PERSON", "O", "O"]
