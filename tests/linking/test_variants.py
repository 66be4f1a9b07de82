import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgattn.graph import KnowledgeGraph
from kgattn.linking import EntityLinker, LinkerConfig
from kgattn.linking.config import VARIANTS
from kgattn.linking.variants import MAX_VARIANTS, variants_of

ALL = frozenset(VARIANTS)


@pytest.mark.parametrize(
    ("alias", "variant"),
    [
        ("neoplasms, breast", "breast neoplasms"),
        ("neoplasms, breast", "breast neoplasm"),
        ("carcinoma, ductal, breast", "breast ductal carcinoma"),
        ("diabetes mellitus, type 2", "type 2 diabetes mellitus"),
        ("Merkel, Angela", "Angela Merkel"),
        ("inhibitors, beta-lactamase", "beta lactamase inhibitor"),
        ("common cold (disorder)", "common cold"),
        ("cp (cerebral palsy)", "cp"),
        ("raynaud’s disease", "raynaud disease"),
        ("oedemas", "edema"),
        ("anemia", "anaemic"),
        ("ischaemia", "ischemic"),
        ("Liberal Democrats (party)", "Liberal Democrat"),
        ("Canadian federal election, 2008", "2008 Canadian federal election"),
        ("Greek legislative election, June 2012", "June 2012 Greek legislative election"),
        ("Union of Democratic Forces (Bulgaria)", "UDF"),
    ],
)
def test_classes_combine(alias, variant):
    assert 0 < variants_of(alias, ALL, "en")[variant] < 1


@pytest.mark.parametrize(
    "alias",
    [
        "abscess, nos",
        "Smith, Jones, and Brown",
        "King, Jr.",
        "Berlin",
        "retention (psychology)",  # qualified because it means other things
        "2,3-butanediol, ",
        "a, b, c, d, e",
        "diet, 2000",
        "Berlin, Germany, 2000",
        "",
    ],
)
def test_what_is_left_alone(alias):
    assert variants_of(alias, frozenset({"inverted", "dated", "qualifier"}), "en") == {}


def test_years_stand_before_names_in_english():
    assert variants_of("World Cup, 1998", frozenset({"dated"}), "en") == {"1998 World Cup": 0.9}
    assert variants_of("World Cup, 1998", frozenset({"dated"}), "fr") == {}


@given(alias=st.text("abe's-, (γ)1Bé", max_size=20), classes=st.frozensets(st.sampled_from(VARIANTS)))
def test_variants_are_few_other_and_lighter(alias, classes):
    found = variants_of(alias, classes, "en")
    assert len(found) <= MAX_VARIANTS
    assert alias.strip() not in found
    assert all(0 < share < 1 for share in found.values())
    assert found == variants_of(alias, classes, "en")
    if not classes:
        assert found == {}


def linker(labels, language="en", aliases=None, **config):
    graph = KnowledgeGraph.from_triples([], labels=labels, aliases=aliases or {})
    return EntityLinker(graph, language, LinkerConfig(**config))


def links(linker, text):
    doc = linker(text)
    return [(span.text, span.kb_id_) for span in doc.spans["kgattn"]]


@pytest.mark.parametrize(
    ("language", "label", "text", "classes"),
    [
        ("en", "beta-blocker", "two betablockers a day", ("plural", "hyphen")),
        ("en", "Parkinson's disease", "his Parkinson disease", ("apostrophe",)),
        ("en", "São Paulo", "in Sao Paulo", ("accent",)),
        ("en", "NSAID", "the NSAIDs", ("plural",)),
        ("en", "hypertension", "two Hypertensive patients", ("adjective",)),
        ("en", "Palestinians", "a Palestinian farmer", ("member",)),
        ("en", "Ulster Unionist Party", "the UUP voted", ("acronym",)),
        ("en", "Irish general election, 2011", "the 2011 Irish general election", ("dated",)),
        ("de", "Krankheit", "seltene Krankheiten", ("plural",)),
        ("fr", "maladie rare", "les maladies rares", ("plural",)),
    ],
)
def test_texts_hold_variants(language, label, text, classes):
    labels = {"Q1": label}
    ((found, entity),) = links(linker(labels, language, variants=classes), text)
    assert entity == "Q1"
    assert found in text
    assert links(linker(labels, language, variants=()), text) == []
    assert links(linker(labels, language, variants=tuple(set(VARIANTS) - set(classes))), text) == []


def test_a_variant_asks_for_the_case_of_its_alias():
    one = linker({"Q1": "NSAID", "Q2": "Saint-Denis"})
    assert links(one, "nsaids, saint denis") == []
    assert links(one, "NSAIDs, Saint Denis") == [("NSAIDs", "Q1"), ("Saint Denis", "Q2")]


def test_a_variant_gives_way_to_an_alias_for_each_case_of_the_text():
    one = linker({"Q1": "polyp", "Q2": "Polyps"})
    assert links(one, "the polyps") == [("polyps", "Q1")]  # "Polyps" needs a capital
    assert [entity for _, entity in links(one, "Polyps")] == ["Q2"]
    (mention,) = one.mentions(one("Polyps"))
    assert [candidate.entity_id for candidate in mention.candidates] == ["Q2"]


def test_a_name_goes_without_its_article_where_the_entity_has_both():
    labels = {"Q1": "Soviet Union", "Q2": "the pillows", "Q3": "The Hague"}
    aliases = {"Q1": ["the Soviet Union", "the USSR"], "Q3": ["Hague"]}
    text = "the Soviet Union, the USSR, the pillows and The Hague"
    articles = ["the Soviet Union", "the USSR", "the pillows", "The Hague"]
    assert [name for name, _ in links(linker(labels, aliases=aliases, variants=()), text)] == articles
    articles[0] = "Soviet Union"
    assert [name for name, _ in links(linker(labels, aliases=aliases, variants=("article",)), text)] == articles
    assert links(linker({"Q1": "mer"}, "fr", {"Q1": ["la mer"]}), "vers la mer") == [("mer", "Q1")]


def test_a_member_is_a_name_though_an_everyday_word():
    one = linker({"Q1": "Republican Party", "Q2": "mountain"}, aliases={"Q1": ["Republicans"]})
    assert links(one, "a Republican senator, a republican mind") == [("Republican", "Q1")]
    assert links(linker({"Q1": "Republican Party"}, aliases={"Q1": ["Republican"]}), "a Republican senator") == []


def test_an_adjective_gives_way_to_an_alias():
    one = linker({"Q1": "hypnosis", "Q2": "hypnotic"})
    assert links(one, "a hypnotic drug") == [("hypnotic", "Q2")]


def test_stop_words_are_no_variants():
    assert links(linker({"Q1": "doe, re", "Q2": "hi-s"}, variants=("hyphen",)), "his") == []


FORMS = ["polyp", "polyps", "Polyp", "tumor", "tumour", "polyp, nasal", "nasal polyps", "x-ray", "x ray", "xray", "TNM"]


@given(
    names=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(FORMS)), min_size=1, max_size=8),
    data=st.data(),
)
@settings(max_examples=25, deadline=None)
def test_order_does_not_matter_and_aliases_stay_found(names, data):
    def build(pairs, **config):
        ids = list(dict.fromkeys(f"e{entity}" for entity, _ in pairs))
        aliases = {one: [text for entity, text in pairs if f"e{entity}" == one] for one in ids}
        return linker({**{one: aliases[one][0] for one in sorted(ids)}, "z": "Atlantis"}, aliases=aliases, **config)

    def marks(linker, text):
        return [(mention.start_char, mention.end_char, mention.candidates) for mention in linker.mentions(linker(text))]

    # the first form given is the label, so only the order of entities and of the other forms may change
    by_entity = sorted(names, key=lambda pair: pair[0])
    shuffled = data.draw(st.permutations(range(5)))
    other = sorted(names, key=lambda pair: shuffled[pair[0]])
    text = " and ".join([*FORMS, "polyps nasal", "tumours", "TNMs", "X-rays"])
    one, two = build(by_entity), build(other)
    assert marks(one, text) == marks(two, text)
    plain = build(by_entity, variants=())
    for form in FORMS:
        expected = marks(plain, form)
        if [mark[:2] for mark in expected] == [(0, len(form))]:  # a variant may be longer than an alias in it
            assert marks(one, form) == expected
