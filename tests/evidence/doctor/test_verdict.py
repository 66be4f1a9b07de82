"""The verdict follows from the measures; those of pairs that were trained give what training showed."""

import pytest

from kgattn.evidence.doctor.ambiguity import Ambiguity
from kgattn.evidence.doctor.coverage import Coverage, Covered, LinkQuality
from kgattn.evidence.doctor.length import TokenizerFit
from kgattn.evidence.doctor.pairs import JoinedPairs
from kgattn.evidence.doctor.purity import TypePurity
from kgattn.evidence.doctor.remarks import Measures, percent
from kgattn.evidence.doctor.sign import LeakSign
from kgattn.evidence.doctor.taggers import TaggerScores
from kgattn.evidence.doctor.verdict import decide


def measures(exact: int, precision: int, tagger: float | None, **changes) -> Measures:
    """Of 1,000 gold mentions and 1,000 links."""
    covered, none = Covered(1000, exact, 0), Covered(0, 0, 0)
    parts = {
        "coverage": Coverage(covered, none, covered, {"A": covered, "B": none}),
        "links": LinkQuality(1000, precision, 0, 9000, 1000, 500, 600),
        "ambiguity": Ambiguity(1000, 0, 1000, 1.0),
        "purity": TypePurity(1.0, 0.5, 0.5, ()),
        "taggers": TaggerScores(tagger, 0.1, tagger, 0.8),
        "pairs": JoinedPairs(600, 100, 100, 60, 100, 60),
        "tokenizer": None,
    }
    return Measures(**parts | changes)


@pytest.mark.parametrize(
    ("pair", "outcome"),
    [
        ((667, 802, 0.751), "can help"),  # BC5CDR x MeSH and drugs, 100 sentences: +9.3
        ((204, 243, 0.206), "may help a little"),  # politics x FB15k-237: +1.3
        ((119, 209, 0.128), "unlikely to help"),  # politics x half of it: -0.6
        ((0, 0, 0.0), "unlikely to help"),  # the demo's negative control
        ((500, 100, 0.3), "unlikely to help"),
        ((667, 802, None), "can help"),  # nothing to learn from: half the ceiling
    ],
)
def test_outcomes(pair, outcome):
    verdict = decide(measures(*pair), ())
    assert verdict.outcome == outcome
    assert outcome in verdict.words


def test_a_reason_is_given():
    assert "too few of the names (10% exactly" in decide(measures(100, 500, 0.1), ()).words
    assert "too few of its links are gold mentions (10%" in decide(measures(500, 100, 0.3), ()).words


def test_a_leak_overrules_all_and_suspicion_does_not():
    good = measures(667, 802, 0.75)
    assert decide(good, (LeakSign("suspicious", "any", "it looks odd"),)).outcome == "can help"
    verdict = decide(good, (LeakSign("leak", "any", "links equal gold"),))
    assert verdict.outcome == "leak"
    assert "links equal gold" in verdict.words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"taggers": TaggerScores(0.2, 0.3, 0.305, 0.8)}, "graph types add nothing to it"),
        ({"taggers": TaggerScores(0.2, 0.3, 0.4, 0.8)}, "30.0 F1, more than graph types; the two together 40.0"),
        ({"links": LinkQuality(1000, 300, 400, 9000, 1000, 500, 600)}, "57% of the links that are no gold mention lie"),
        ({"links": LinkQuality(1000, 300, 0, 9000, 1000, 500, 600)}, "700 of 1,000 links are no gold mention"),
        ({"ambiguity": Ambiguity(1000, 400, 2000, 0.5)}, "40% of the links may name several"),
        ({"purity": TypePurity(0.5, 0.5, 0.02, ())}, "types tell little about labels .mutual information 0.02"),
        ({"pairs": JoinedPairs(600, 10, 6, 6, 6, 6)}, "1.0% of the sentences have two linked mentions"),
        ({"tokenizer": TokenizerFit(512, 600, 0, 1000, 0, 100, 68, 90)}, "68% of the tokens are unknown"),
        ({"tokenizer": TokenizerFit(512, 600, 3, 1000, 7, 100, 0, 90)}, "7 gold mentions lie beyond 512 tokens"),
    ],
)
def test_remarks(changes, words):
    import re

    assert decide(measures(667, 802, 0.75), ()).remarks == ()
    (remark, *_) = [each for each in decide(measures(667, 802, 0.75, **changes), ()).remarks if re.search(words, each)]
    assert remark


def test_percent():
    assert [percent(share) for share in (0.0, 0.004, 0.0994, 0.0996, 0.5, 1.0)] == [
        "0%",
        "0.4%",
        "9.9%",
        "10%",
        "50%",
        "100%",
    ]
