import pytest

from kgattn.linking.adjectives import adjective


@pytest.mark.parametrize(
    ("alias", "adjectives"),
    [
        ("hypertension", ["hypertensive"]),
        ("hypotension", ["hypotensive"]),
        ("schizophrenia", ["schizophrenic"]),
        ("neutropenia", ["neutropenic"]),
        ("anaemia", ["anaemic"]),
        ("leukemia", ["leukemic"]),
        ("epilepsy", ["epileptic"]),
        ("nephrotoxicity", ["nephrotoxic"]),
        ("thrombosis", ["thrombotic"]),
        ("arthritis", ["arthritic"]),
        ("asthma", ["asthmatic"]),
        ("diabetes mellitus", ["diabetic"]),
        ("parkinsonism", ["parkinsonian"]),
        ("extension", []),
        ("tension", []),
        ("toxicity", []),  # of what?
        ("metastasis", []),  # a tissue is metastatic
        ("hyperplasia", []),
        ("analgesia", []),  # an analgesic is a drug
        ("hypotonia", []),  # hypotonic saline
        ("aggression", []),
        ("cerebral ischemia", []),  # several words
        ("Anemia", []),  # a name
        ("", []),
    ],
)
def test_adjectives(alias, adjectives):
    assert list(adjective(alias, "en")) == adjectives
    assert list(adjective(alias, "de")) == []
