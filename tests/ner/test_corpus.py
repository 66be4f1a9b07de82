import pytest

from kgattn.errors import CorpusError
from kgattn.ner.corpus import Corpus, Sentence, load_corpus, sample_indices, split_files

# sentences, words, entities of train, dev, test, as the README beside each corpus says
REAL = {
    "bc5cdr": (2, (4560, 118170, 9385), (4581, 117453, 9593), (4797, 124750, 9809)),
    "crossner/politics": (9, (200, 8384, 1304), (541, 24624, 3482), (651, 27585, 4209)),
    "crossner/science": (17, (200, 7100, 1075), (450, 16139, 2538), (543, 19487, 3089)),
    "crossner/literature": (12, (100, 3782, 541), (400, 14503, 2130), (416, 16157, 2266)),
    "crossner/ai": (14, (100, 3782, 532), (350, 10919, 1549), (431, 12991, 1809)),
    "wnut17": (6, (3394, 62730, 1975), (1009, 15733, 836), (1287, 23394, 1079)),
    "uner_zh_gsdsimp": (3, (3997, 98616, 6118), (500, 12663, 753), (500, 12012, 763)),
}


@pytest.mark.parametrize("name", REAL)
def test_real_corpora_read_as_they_are(data_dir, name):
    types, *splits = REAL[name]
    corpus = load_corpus(data_dir / name)
    assert len(corpus.entity_types) == types
    for sentences, expected in zip((corpus.train, corpus.dev, corpus.test), splits, strict=True):
        words = sum(len(sentence.words) for sentence in sentences)
        entities = sum(tag.startswith("B-") for sentence in sentences for tag in sentence.tags)
        assert (len(sentences), words, entities) == expected


def columns(tags: str) -> str:
    return "".join(f"w\t{tag}\n" for tag in tags.split())


def test_a_folder_is_read_in_one_scheme(tmp_path):
    for name, tags in (("train.txt", "I-A I-A"), ("valid.txt", "O"), ("test.txt", "I-A B-A")):
        (tmp_path / name).write_text(columns(tags))
    corpus = load_corpus(tmp_path)
    assert corpus.train[0].tags == ("B-A", "I-A")
    assert corpus.test[0].tags == ("B-A", "B-A")
    assert corpus.entity_types == ("A",)
    assert corpus.name == tmp_path.name


def test_a_folder_may_hold_text_without_tags(tmp_path):
    (tmp_path / "train.txt").write_text(columns("B-A O"))
    alone = load_corpus(tmp_path)
    assert alone.unlabelled == ()
    (tmp_path / "unlabelled.txt").write_text("Ada saw Paris.\n\n  Rome, too. \n", encoding="utf-8")
    corpus = load_corpus(tmp_path)
    assert corpus.unlabelled == ("Ada saw Paris.", "Rome, too.")
    assert corpus.limit(1).unlabelled == corpus.unlabelled
    assert (corpus.train, corpus.entity_types) == (alone.train, alone.entity_types)
    assert corpus.fingerprint != alone.fingerprint
    (tmp_path / "unlabelled.txt").write_bytes(b"\xe9t\xe9\n")
    with pytest.raises(CorpusError, match=r"unlabelled\.txt must be text in UTF-8"):
        load_corpus(tmp_path)


def test_a_single_file_is_the_test_split(tmp_path):
    (tmp_path / "some.jsonl").write_text('{"tokens": ["Ada"], "ner_tags": ["B-PER"]}')
    corpus = load_corpus(str(tmp_path / "some.jsonl"))
    assert corpus.test == (Sentence(("Ada",), ("B-PER",)),)
    with pytest.raises(CorpusError, match="has no train sentences"):
        corpus.split("train")
    with pytest.raises(CorpusError, match="expected one of the splits"):
        corpus.split("validation")


@pytest.mark.parametrize(
    "names",
    [
        ("train.tsv", "devel.tsv", "test.tsv"),
        ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"),
        ("zh-ud-train.iob2", "zh-ud-dev.iob2", "zh-ud-test.iob2"),
        ("eng.train", "eng.testa", "eng.testb"),
        ("train.jsonl", "val.jsonl", "test.jsonl"),
    ],
)
def test_files_are_found_by_name(tmp_path, names):
    for name in (*names, "README.md", "LICENSE-test.txt", ".train.swp"):
        (tmp_path / name).write_text("")
    assert [split_files(tmp_path)[split].name for split in ("train", "dev", "test")] == list(names)


def test_folders_without_or_with_doubled_files_are_refused(tmp_path):
    (tmp_path / "README.md").write_text("train")
    with pytest.raises(CorpusError, match="expected files named train, dev and test, found none"):
        load_corpus(tmp_path)
    (tmp_path / "train.txt").write_text("")
    (tmp_path / "train.tsv").write_text("")
    with pytest.raises(CorpusError, match=r"expected one train file, got train\.tsv, train\.txt"):
        load_corpus(tmp_path)


def test_a_corpus_without_entities_is_refused(tmp_path):
    (tmp_path / "file.txt").write_text(columns("O O"))
    with pytest.raises(CorpusError, match="holds no entity"):
        load_corpus(tmp_path / "file.txt")


def corpus_of(size: int) -> Corpus:
    sentences = tuple(Sentence((str(number),), ("B-A",)) for number in range(size))
    return Corpus("c", sentences, sentences, sentences, ("A",))


def test_limits_draw_a_seeded_sample_and_leave_test_whole():
    corpus = corpus_of(50)
    first, again, other = corpus.limit(5, 8, seed=1), corpus.limit(5, 8, seed=1), corpus.limit(5, 8, seed=2)
    assert first == again
    assert first.train != other.train
    assert (len(first.train), len(first.dev), len(first.test)) == (5, 8, 50)
    assert first.train != corpus.train[:5]
    assert corpus.limit(99) == corpus
    assert sample_indices(3, None, 0) == [0, 1, 2]


def test_fingerprint_follows_the_content():
    assert corpus_of(3).fingerprint == corpus_of(3).fingerprint
    assert corpus_of(3).fingerprint != corpus_of(4).fingerprint
