import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, Entities

from kgattn.errors import CorpusError
from kgattn.ner.raw import RawSentence
from kgattn.ner.schemes import detect_scheme, entity_types, split_tag, to_iob2


def sentence(tags: str, file: str = "f") -> RawSentence:
    parts = tuple(tags.split())
    return RawSentence(parts, parts, tuple(range(1, len(parts) + 1)), file)


def detect(*tags: str) -> str:
    return detect_scheme([sentence(row) for row in tags])


@pytest.mark.parametrize(
    ("tags", "scheme", "iob2"),
    [
        ("B-A I-A O B-A B-A", "IOB2", "B-A I-A O B-A B-A"),
        ("O I-A I-A B-A I-B", "IOB1", "O B-A I-A B-A B-B"),
        ("B-A I-A L-A U-B O", "BILOU", "B-A I-A I-A B-B O"),
        ("B-A I-A E-A S-B O", "BIOES", "B-A I-A I-A B-B O"),
        ("O O", "IOB2", "O O"),
        ("B-creative-work I-creative-work", "IOB2", "B-creative-work I-creative-work"),
    ],
)
def test_scheme_is_found_and_rewritten(tags, scheme, iob2):
    assert detect(tags) == scheme
    assert " ".join(to_iob2(tags.split(), scheme)) == iob2


def test_one_scheme_is_found_for_all_sentences_together():
    assert detect("O U-A", "B-A L-A", "O O") == "BILOU"


def test_tags_are_split_at_the_first_hyphen():
    assert split_tag("B-creative-work") == ("B", "creative-work")
    assert entity_types([["B-creative-work", "O"], ["B-a"]]) == ("a", "creative-work")


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ("O PER", "f:2: unknown tag scheme: expected O or a tag such as B-PER .* got 'PER'"),
        ("O b-PER", "f:2: unknown tag scheme"),
        ("B-A X-A", "f:2: unknown tag scheme"),
        ("B- O", "f:1: unknown tag scheme"),
        ("B-A L-A O S-A", "f:4: unknown tag scheme: .* letters B, L, S together"),
        ("O B-A O I-A", r"f:4: unknown tag scheme: an entity starts with I here \(IOB1\), another with B at f:2"),
        ("B-A O U-A", "f:2: breaks the tag scheme BILOU: expected I-A or L-A, got 'O'"),
        ("U-A I-A L-A", "f:2: breaks the tag scheme BILOU: expected O, B or U, got 'I-A'"),
        ("B-A E-B", "f:2: breaks the tag scheme BIOES: expected I-A or E-A, got 'E-B'"),
        ("S-A B-A", "f:2: breaks the tag scheme BIOES: expected E-A before the sentence ends"),
    ],
)
def test_other_tags_are_refused_with_file_and_line(tags, message):
    with pytest.raises(CorpusError, match=message):
        detect(tags)


ENTITIES = st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3), st.booleans()), min_size=1, max_size=5)


@given(ENTITIES)
def test_every_scheme_comes_out_with_the_entities_seqeval_reads_in_it(entities):
    """Write the same entities in each scheme; after rewriting, IOB2 holds what seqeval finds in the original."""
    rows: dict[str, list[str]] = {"IOB1": [], "BILOU": [], "BIOES": []}
    for kind, length, gap in entities:
        touching = bool(rows["IOB1"]) and rows["IOB1"][-1][2:] == kind
        rows["IOB1"] += [f"{'B' if touching else 'I'}-{kind}"] + [f"I-{kind}"] * (length - 1)
        for name, last, single in (("BILOU", "L", "U"), ("BIOES", "E", "S")):
            inside = [f"I-{kind}"] * (length - 2)
            rows[name] += [f"{single}-{kind}"] if length == 1 else [f"B-{kind}", *inside, f"{last}-{kind}"]
        for row in rows.values():
            row.extend(["O"] * gap)
    for (name, row), theirs in zip(rows.items(), (IOB1, BILOU, IOBES), strict=True):
        expected = {entity.to_tuple() for entity in Entities([row], theirs).entities[0]}
        ours = Entities([list(to_iob2(row, name))], IOB2).entities[0]
        assert {entity.to_tuple() for entity in ours} == expected
