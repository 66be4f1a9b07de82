import json

import pytest

from kgattn.errors import ConfigError
from kgattn.linking import LinkerConfig
from kgattn.linking.policy import CaseRule, case_rule, is_acronym

STOP_WORDS = {"it", "who", "as", "the", "may"}


@pytest.mark.parametrize(
    ("alias", "rule"),
    [
        ("diabetes", CaseRule.ANY),
        ("p53", CaseRule.ANY),
        ("北京", CaseRule.ANY),
        ("Jordan", CaseRule.CAPITAL),
        ("Angela Merkel", CaseRule.CAPITAL),
        ("SWITZERLAND", CaseRule.CAPITAL),
        ("3D Systems", CaseRule.CAPITAL),
        ("iPhone", CaseRule.CAPITAL_OR_EXACT),
        ("al-Qaeda", CaseRule.CAPITAL_OR_EXACT),
        ("CDU", CaseRule.EXACT),
        ("U.S.", CaseRule.EXACT),
        ("COVID-19", CaseRule.EXACT),
        ("IT", CaseRule.EXACT),  # a stop word, but an acronym
        ("it", None),
        ("As", None),
        ("May", None),
        ("the", None),
        ("a", None),
        ("B", None),
        ("京", None),
        ("1984", None),
        ("3.5%", None),
        ("🇩🇪", None),
        ("--", None),
        ("  ", None),
        ("a\u200b", None),
    ],
)
def test_an_alias_asks_for_what_it_shows(alias, rule):
    assert case_rule(alias, LinkerConfig(), STOP_WORDS) is rule


@pytest.mark.parametrize(("case", "rule"), [("exact", CaseRule.EXACT), ("ignore", CaseRule.ANY)])
@pytest.mark.parametrize("alias", ["Jordan", "diabetes", "CDU", "iPhone"])
def test_other_case_policies_treat_aliases_alike(case, rule, alias):
    assert case_rule(alias, LinkerConfig(case=case), STOP_WORDS) is rule


def test_stop_words_and_short_aliases_pass_when_allowed():
    assert case_rule("it", LinkerConfig(), frozenset()) is CaseRule.ANY
    assert case_rule("B", LinkerConfig(min_alias_length=1), STOP_WORDS) is CaseRule.EXACT


def test_long_capitals_are_acronyms_only_with_a_digit():
    assert is_acronym("BRCA1-X2")
    assert is_acronym("UNHCR")
    assert not is_acronym("UNESCO")
    assert not is_acronym("12345")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_candidates": 0}, "max_candidates must be a whole number in .1, 32768., got 0"),
        ({"max_candidates": True}, "max_candidates must be a whole number"),
        ({"min_alias_length": 1.5}, "min_alias_length must be a whole number"),
        ({"max_alias_atoms": 10**9}, "max_alias_atoms must be a whole number"),
        ({"label_weight": 0}, "label_weight must be a number above 0, got 0"),
        ({"alias_weight": float("nan")}, "alias_weight must be a number above 0, got nan"),
        ({"stop_words": "yes"}, "stop_words must be true or false, got 'yes'"),
        ({"case": "upper"}, "case must be one of shape, exact, ignore, got 'upper'"),
        ({"fuzziness": True}, "linker settings are max_candidates, .*; got 'fuzziness'"),
        ({"fuzzy": 1}, "fuzzy must be true or false, got 1"),
        ({"whole_names": "no"}, "whole_names must be true or false, got 'no'"),
        ({"titles": 1}, "titles must be true or false, got 1"),
        ({"fuzzy_cutoff": 0}, r"fuzzy_cutoff must be a number in \(0, 1\], got 0"),
        ({"overlaps": "none"}, "overlaps must be one of longest, all, got 'none'"),
        ({"variants": "all"}, "variants must be a list of inverted, .*, got 'all'"),
        ({"variants": ["latin"]}, "variants must be a list of inverted, .*'latin'"),
        ({"common_words": ""}, "common_words must be bundled, wordfreq, none or the path of a file, got ''"),
        ({"common_word_zipf": -1}, "common_word_zipf must be a number of at least 0, got -1"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        LinkerConfig.from_dict(settings)


def test_settings_survive_json():
    config = LinkerConfig(max_candidates=7, case="exact", label_weight=3.0, variants=("hyphen", "plural"))
    assert json.loads(json.dumps(config.to_dict())) == config.to_dict()
    assert LinkerConfig.from_dict(config.to_dict()) == config
    assert (
        LinkerConfig.from_dict(
            {"max_candidates": 7, "case": "exact", "label_weight": 3, "variants": ["hyphen", "plural"]}
        )
        == config
    )


def test_settings_are_checked_however_they_are_made():
    with pytest.raises(ConfigError, match="case must be one of"):
        LinkerConfig(case="upper")
