import pytest

from kgattn.errors import ConfigError, LinkingError
from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig, read_stop_list
from kgattn.linking.stop_list import StopList


@pytest.mark.parametrize(
    ("alias", "held"),
    [
        ("match", True),
        ("Match", True),
        ("prime  minister", True),
        ("AM", True),
        ("am", True),
        ("CAT", False),
        ("cat", True),
        ("mid-Atlantic", True),
    ],
)
def test_what_a_stop_list_holds(alias, held):
    assert StopList.of(["match", "Prime Minister", "AM", "cat", "Mid - Atlantic"]).holds(alias) is held


def test_an_empty_one_holds_nothing():
    assert not StopList.of([]).holds("")


def test_a_file_may_have_remarks(tmp_path):
    file = tmp_path / "stop.tsv"
    file.write_text("\ufeff# form\tlinks\n\nmatch\t3\t0\n#1 fan\nPrime Minister\n", encoding="utf-8")
    assert read_stop_list(file) == ("match", "#1 fan", "Prime Minister")


def test_unreadable_files_are_errors(tmp_path):
    with pytest.raises(LinkingError, match=r"cannot be read .*give a stop list, one form a line"):
        read_stop_list(tmp_path / "none.tsv")
    (tmp_path / "bytes.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LinkingError, match="expected UTF-8 text, got other bytes"):
        read_stop_list(tmp_path / "bytes.tsv")


def test_the_setting_goes_to_json_and_back_and_is_checked():
    config = LinkerConfig(stop_list=("match",))
    assert config.to_dict()["stop_list"] == ["match"]
    assert LinkerConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ConfigError, match=r"stop_list must be a list of forms, as .* got 'match'"):
        LinkerConfig.from_dict({"stop_list": "match"})


def test_a_saved_index_serves_its_own_stop_list_alone(tmp_path):
    KnowledgeGraph.from_triples([("Kent", "near", "match")]).save(tmp_path / "graph")
    graph = KnowledgeGraph.load(tmp_path / "graph")
    EntityLinker(graph).save_index(tmp_path / "graph" / "linker")
    with_list = EntityLinker(graph, config=LinkerConfig(stop_list=("match",), common_words="none"))
    without = EntityLinker(graph, config=LinkerConfig(common_words="none"))
    quiet, marked = with_list("the match in Kent"), without("the match in Kent")
    assert [span.text for span in quiet.spans["kgattn"]] == ["Kent"]
    assert [span.text for span in marked.spans["kgattn"]] == ["match", "Kent"]


def test_nothing_left_to_match_is_an_error():
    graph = KnowledgeGraph.from_triples([("Kent", "near", "match")])
    with pytest.raises(LinkingError, match="on the stop list"):
        EntityLinker(graph, config=LinkerConfig(stop_list=("match", "kent")))
