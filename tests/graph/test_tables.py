import gzip

import pytest

from kgattn.errors import GraphError
from kgattn.graph import KnowledgeGraph

TABLES = {
    "entities.tsv": "id\tlabel\ttypes\nQ64\tBerlin\tCity|Capital\nQ183\tGermany\tCountry\nQ46\tEurope\n",
    "labels.tsv": "id\tlabel\nQ183\tDeutschland\nQ64\tBerlin\n",
    "triples.tsv": "head\trelation\ttail\nQ64\tcapitalOf\tQ183\nQ183\tpartOf\tQ46\n",
}


def write(folder, tables):
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_a_folder_of_tables(tmp_path):
    graph = KnowledgeGraph.load(write(tmp_path / "tables", TABLES))
    assert list(graph.entity_ids) == ["Q64", "Q183", "Q46"]
    assert list(graph.labels) == ["Berlin", "Germany", "Europe"]
    assert graph.aliases("Q183") == ["Deutschland"]
    assert graph.aliases("Q64") == []
    assert graph.types("Q64") == ["City", "Capital"]
    assert graph.num_triples == 2
    assert list(graph.relation_labels) == ["capital of", "part of"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.split("\n", 1)[1],
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\n\n").rstrip("\n"),
        lambda text: text.replace("id\tlabel", "ID\tLabel"),
    ],
    ids=["no column names", "byte order mark", "CRLF", "blank lines", "capitals"],
)
def test_tables_are_read_however_they_are_laid_out(tmp_path, change):
    plain = KnowledgeGraph.load(write(tmp_path / "plain", TABLES))
    changed = KnowledgeGraph.load(write(tmp_path / "changed", {name: change(text) for name, text in TABLES.items()}))
    assert changed.fingerprint == plain.fingerprint


def test_columns_are_found_by_name(tmp_path):
    tables = TABLES | {"triples.tsv": "tail\thead\trelation\nQ183\tQ64\tcapitalOf\nQ46\tQ183\tpartOf\n"}
    plain, changed = (
        KnowledgeGraph.load(write(tmp_path / name, tables)) for name, tables in (("a", TABLES), ("b", tables))
    )
    assert changed.fingerprint == plain.fingerprint


def test_entities_alone_are_enough_and_optional_tables_add_to_them(tmp_path):
    entities = {"entities.tsv": TABLES["entities.tsv"]}
    assert KnowledgeGraph.load(write(tmp_path / "few", entities)).num_triples == 0
    more = TABLES | {
        "relations.tsv": "partOf\tbelongs to\n",
        "types.tsv": "City\ttown\n",
        "about.json": '{"licence": "CC0", "sources": ["an atlas"]}',
    }
    graph = KnowledgeGraph.load(write(tmp_path / "more", more))
    assert list(graph.relation_labels) == ["capital of", "belongs to"]
    assert graph.type_labels[0] == "town"
    assert (graph.licence, graph.sources) == ("CC0", ("an atlas",))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("triples.tsv", "Q64\tin\tQ183\nQ64\tin\tQ9\n", "triples.tsv:2: unknown entity 'Q9'"),
        ("triples.tsv", "Q9\tin\tQ183\n", "triples.tsv:1: unknown entity 'Q9'"),
        (
            "triples.tsv",
            "Q64\tQ183\n",
            "triples.tsv:1: expected the tab-separated columns head relation tail, got 2 fields",
        ),
        ("triples.tsv", "Q64\t \tQ183\n", "triples.tsv:1: the column relation must not be empty"),
        ("labels.tsv", "id\tlabel\nQ9\tx\n", "labels.tsv:2: unknown entity 'Q9'"),
        ("labels.tsv", b"Q64\tx\nQ64\t\xff\n", "labels.tsv:2: expected UTF-8"),
        ("entities.tsv", "Q64\tBerlin\nQ64\tBerlin\n", "entities.tsv:2: the entity 'Q64' is listed twice"),
        ("entities.tsv", "Q64\t\n", "entities.tsv:1: the column label must not be empty"),
        (
            "entities.tsv",
            "id\tlabel\tsize\nQ64\tBerlin\t3\n",
            "entities.tsv:1: expected the column names id label types",
        ),
        ("about.json", "{", 'about.json: expected {"licence"'),
        ("about.json", '{"licence": 3}', 'about.json: expected {"licence"'),
        ("about.json", '["CC0"]', 'about.json: expected {"licence"'),
    ],
)
def test_bad_lines_are_named(tmp_path, name, text, message):
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(write(tmp_path / "tables", TABLES | {name: text}))


@pytest.mark.parametrize("name", ["graph.tsv", "graph.TSV", "graph.csv", "graph.tsv.gz", "graph.csv.gz"])
def test_a_file_of_triples(tmp_path, name):
    separator = "," if "csv" in name else "\t"
    lines = [("Head", "Relation", "Tail"), ("New York", "located in", "USA"), ("USA", "part of", "America")]
    text = "\n".join(separator.join(line) for line in lines).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    graph = KnowledgeGraph.load(tmp_path / name)
    assert list(graph.entity_ids) == list(graph.labels) == ["New York", "USA", "America"]
    assert graph.num_triples == 2


@pytest.mark.parametrize(
    "header",
    [
        *("subject,predicate,object", "Source,Relation,Target", "head,relation,target", "S,P,O", "S,Property,tail"),
        *("h,r,t", "head,rel,tail", "from,relation,to", "from,type,to", "entity1,relation,entity2", "e1,rel,e2"),
        *("subj,pred,obj", "source,label,target", "start,type,end", ":START_ID,:TYPE,:END_ID", "src,edge,dst"),
        *(":START_ID(Person),:TYPE,:END_ID(Town)", "head_id,relation_id,tail_id", "Entity 1,Relationship,Entity 2"),
        *("source,metaedge,target", "head_entity,relation,tail_entity", "personId:START_ID(P),:TYPE,filmId:END_ID(F)"),
        *("source_node,edge,target_node", "subject_name,predicate_name,object_name"),
    ],
)
def test_columns_of_triples_may_have_other_names(tmp_path, header):
    (tmp_path / "graph.csv").write_text(f"{header}\nUlm,lies on,Danube\n")
    graph = KnowledgeGraph.load(tmp_path / "graph.csv")
    assert list(graph.entity_ids) == ["Ulm", "Danube"]
    assert list(graph.relation_ids) == ["lies on"]


def test_other_names_of_columns_are_found_in_any_order(tmp_path):
    (tmp_path / "graph.csv").write_text("object,subject,predicate\nDanube,Ulm,lies on\n")
    assert KnowledgeGraph.load(tmp_path / "graph.csv").triples.tolist() == [[0, 0, 1]]
    assert list(KnowledgeGraph.load(tmp_path / "graph.csv").entity_ids) == ["Ulm", "Danube"]


@pytest.mark.parametrize("header", ["to,type,from", "object,predicate,subject", ":END_ID,:TYPE,:START_ID"])
def test_tables_of_a_folder_have_these_names_too(tmp_path, header):
    tables = TABLES | {"triples.tsv": header.replace(",", "\t") + "\nQ183\tcapitalOf\tQ64\nQ46\tpartOf\tQ183\n"}
    plain, named = (KnowledgeGraph.load(write(tmp_path / name, part)) for name, part in (("a", TABLES), ("b", tables)))
    assert named.fingerprint == plain.fingerprint


@pytest.mark.parametrize("header", ["from,to,type", "e1,e2,rel", "Target,Source,Label"])
def test_these_names_may_stand_in_any_order(tmp_path, header):
    row = {"from": "Ulm", "e1": "Ulm", "source": "Ulm", "to": "Danube", "e2": "Danube", "target": "Danube"}
    line = ",".join(row.get(name.lower(), "lies on") for name in header.split(","))
    (tmp_path / "graph.csv").write_text(f"{header}\n{line}\n")
    graph = KnowledgeGraph.load(tmp_path / "graph.csv")
    assert list(graph.entity_ids) == ["Ulm", "Danube"]
    assert list(graph.relation_ids) == ["lies on"]


@pytest.mark.parametrize(
    "triple", ["start,begins,end", "source,subject,target", "type,label,target", "h,r,x", "from,to,end", "a,type,b"]
)
def test_words_that_name_no_three_columns_are_a_triple(tmp_path, triple):
    (tmp_path / "graph.csv").write_text(f"{triple}\nUlm,lies on,Danube\n")
    graph = KnowledgeGraph.load(tmp_path / "graph.csv")
    assert graph.num_triples == 2
    assert triple.split(",")[0] in graph


@pytest.mark.parametrize("first", ["e1 r e2", "s p o", "h r t"])
def test_a_first_triple_is_not_lost_because_its_ids_are_names_of_columns(tmp_path, first):
    head, relation, tail = first.split()
    lines = ["\t".join(triple) for triple in ((head, relation, tail), (tail, relation, "e9"), ("e9", "q", "e8"))]
    (tmp_path / "graph.tsv").write_text("\n".join(lines))
    (tmp_path / "named.tsv").write_text("\n".join(["head\trelation\ttail", *lines]))
    named = KnowledgeGraph.load(tmp_path / "named.tsv")
    assert named.num_triples == 3
    assert KnowledgeGraph.load(tmp_path / "graph.tsv").fingerprint == named.fingerprint
    tables = {
        "entities.tsv": "".join(f"{name}\t{name}\n" for name in named.entity_ids),
        "triples.tsv": "\n".join(lines),
    }
    assert KnowledgeGraph.load(write(tmp_path / "tables", tables)).fingerprint == named.fingerprint


@pytest.mark.parametrize("second", ["target,r,e9", "e8,relation,e9"])
def test_names_of_columns_are_no_triple_where_one_of_them_is_an_id(tmp_path, second):
    (tmp_path / "graph.csv").write_text(f"source,relation,target\n{second}\n")
    assert KnowledgeGraph.load(tmp_path / "graph.csv").num_triples == 1


def test_a_line_that_may_be_a_triple_or_name_columns_in_another_order_is_refused(tmp_path):
    (tmp_path / "graph.csv").write_text("t,r,h\nh,r,x\n")
    with pytest.raises(GraphError, match=r"graph.csv:1: names columns, but also.*put a line head relation tail before"):
        KnowledgeGraph.load(tmp_path / "graph.csv")
    (tmp_path / "graph.csv").write_text("head,relation,tail\nt,r,h\nh,r,x\n")
    assert list(KnowledgeGraph.load(tmp_path / "graph.csv").entity_ids) == ["t", "h", "x"]


@pytest.mark.parametrize("header", ["id\tlabel\ttypes", "ID\tname\tkind", "id\tlabel"])
def test_a_table_of_entities_is_not_taken_for_triples(tmp_path, header):
    (tmp_path / "entities.tsv").write_text(header + TABLES["entities.tsv"].partition("types")[2])
    with pytest.raises(
        GraphError, match=r"entities\.tsv:1: expected triples, got a table of entities.*give the folder"
    ):
        KnowledgeGraph.load(tmp_path / "entities.tsv")


@pytest.mark.parametrize("name", ["train.txt", "train.txt.gz"])
def test_a_data_set_for_link_prediction(tmp_path, name):
    text = b"/m/027rn\t/location/country/form_of_government\t/m/06cx9\r\n/m/06cx9\t/people/x\t/m/017dcd\r\n"
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    (tmp_path / "train.tsv").write_bytes(text)
    graph = KnowledgeGraph.load(tmp_path / name)
    assert graph.num_triples == 2
    assert graph.fingerprint == KnowledgeGraph.load(tmp_path / "train.tsv").fingerprint
    assert graph.provenance[0].format == "txt"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a\tr\tb\na r b\n",
            "train.txt:2: expected the tab-separated columns head relation tail, got 1 fields; repair",
        ),
        ("272115\n0 1 0\n", "train.txt:1: expected the tab-separated columns head relation tail, got 1 fields"),
        ("a\tr\tb\t1\n", "train.txt:1: expected the tab-separated columns head relation tail, got 4 fields"),
        ("a\tr\tb\n\n\tr\tb\n", "train.txt:3: the column head must not be empty"),
        ("Berlin is the capital of Germany.\n", "train.txt:1: expected the tab-separated columns"),
    ],
)
def test_other_texts_are_refused(tmp_path, text, message):
    (tmp_path / "train.txt").write_text(text)
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(tmp_path / "train.txt")


def test_a_triple_of_words_that_name_some_columns_is_a_triple(tmp_path):
    (tmp_path / "graph.csv").write_text("source,feeds,river\n")
    assert list(KnowledgeGraph.load(tmp_path / "graph.csv").entity_ids) == ["source", "river"]


def test_a_column_given_twice_or_too_many_is_refused(tmp_path):
    (tmp_path / "graph.csv").write_text("subject,source,predicate,object\n")
    with pytest.raises(GraphError, match="expected the column names head relation tail, got subject source predicate"):
        KnowledgeGraph.load(tmp_path / "graph.csv")


def test_csv_fields_may_be_quoted(tmp_path):
    (tmp_path / "graph.csv").write_text('"Washington, D.C.",capitalOf,"the ""States"""\n')
    assert list(KnowledgeGraph.load(tmp_path / "graph.csv").labels) == ["Washington, D.C.", 'the "States"']


@pytest.mark.parametrize(
    ("name", "text"),
    [("graph.csv", 'Ulm , lies on, "Danube, the"\nUlm,lies on ,Iller\n'), ("graph.tsv", "Ulm \t lies on\tIller\n")],
)
def test_white_space_around_a_field_does_not_count(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    graph = KnowledgeGraph.load(tmp_path / name)
    assert list(graph.entity_ids) == (["Ulm", "Danube, the", "Iller"] if name.endswith("csv") else ["Ulm", "Iller"])
    assert list(graph.relation_ids) == ["lies on"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("graph.csv", b"a,b,c\na, ,c\n", "graph.csv:2: the column relation must not be empty"),
        ("graph.tsv", b" \tb\tc\n", "graph.tsv:1: the column head must not be empty"),
        (
            "graph.tsv.gz",
            gzip.compress(b"", mtime=0)[:10] + b"\xff" * 20,
            "graph.tsv.gz:1: cannot be read .*invalid block type",
        ),
        ("graph.tsv", b"a\tb\n", "graph.tsv:1: expected the tab-separated columns"),
        ("graph.csv", b'a,b,c\n"a"x,b,c\n', "graph.csv:2: not readable as CSV"),
        ("graph.tsv", b"http://a/b\tr\thttp://a/c\n", "without labels .* a folder of tables with entities.tsv"),
        ("graph.tsv", b"", "graph.tsv: expected at least one entity"),
        ("graph.tsv.gz", b"not gzipped", "graph.tsv.gz:1: cannot be read"),
        ("graph.tsv.gz", gzip.compress(b"a\tb\tc\n" * 99, mtime=0)[:-9], "graph.tsv.gz:.*: cannot be read"),
        ("graph.foo", b"", r"expected a folder or one of .ttl .* got '.foo'"),
        ("graph", b"", "expected a folder or one of .* got ''"),
    ],
)
def test_bad_files_are_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GraphError, match=message):
        KnowledgeGraph.load(tmp_path / name)


def test_nothing_there_and_nothing_in_it(tmp_path):
    with pytest.raises(GraphError, match=r"absent.ttl: expected a graph file or folder, got nothing there"):
        KnowledgeGraph.load(tmp_path / "absent.ttl")
    (tmp_path / "graph").mkdir()
    with pytest.raises(GraphError, match=r"expected graph.json \(a saved graph\) or entities.tsv"):
        KnowledgeGraph.load(tmp_path / "graph")
    with pytest.raises(GraphError, match="expected at least one entity, got an empty graph"):
        KnowledgeGraph.load(write(tmp_path / "tables", {"entities.tsv": "id\tlabel\n"}))
