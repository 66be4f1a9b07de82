import pytest

from kgattn.errors import CorpusError
from kgattn.ner.jsonl import read_jsonl


def read(folder, content):
    file = folder / "file.jsonl"
    file.write_text(content, encoding="utf-8")
    return read_jsonl(file)


def test_tokens_and_tags_are_read_and_other_keys_left_alone(tmp_path):
    sentences = read(
        tmp_path,
        '{"id": 7, "tokens": ["Ada", "ran"], "ner_tags": ["B-PER", "O"]}\n\n{"tokens": [], "ner_tags": []}\n'
        '{"tokens": ["#"], "ner_tags": ["O"]}',
    )
    assert [sentence.words for sentence in sentences] == [("Ada", "ran"), ("#",)]
    assert sentences[0].tags == ("B-PER", "O")
    assert sentences[1].lines == (4,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"file\.jsonl:1: expected a JSON object, got text that does not parse"),
        ("\n[1]", r"file\.jsonl:2: expected an object with the keys tokens and ner_tags"),
        ('{"tokens": ["a"]}', "keys tokens and ner_tags"),
        ('{"tokens": ["a"], "ner_tags": [3]}', "expected ner_tags to be a list of strings"),
        ('{"tokens": [""], "ner_tags": ["O"]}', "expected tokens to be a list of strings that are not empty"),
        (
            '\n{"tokens": ["\\ud800"], "ner_tags": ["O"]}',
            r"file\.jsonl:2: expected valid Unicode, got half a surrogate",
        ),
        ('{"tokens": ["a", "b"], "ner_tags": ["O"]}', "expected one tag a word, got 2 tokens and 1 ner_tags"),
        ("\n", "got no sentence"),
    ],
)
def test_malformed_lines_are_refused_with_file_and_line(tmp_path, content, message):
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, content)
