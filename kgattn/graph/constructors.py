"""Where a graph comes from: every way to make one, each a few lines that call the reader in a file of its own."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import networkx
    import rdflib
    from torch_geometric.data import Data, HeteroData

    from kgattn.graph.knowledge_graph import KnowledgeGraph


class GraphConstructors:
    """The constructors of `KnowledgeGraph`."""

    @classmethod
    def load(cls, path: str | Path, *, language: str = "en", query: str | None = None) -> "KnowledgeGraph":
        """Read a graph folder, a folder of TSV tables, one file in a format named by its suffix, or a SPARQL endpoint.

        Args:
            path: A folder written by `save` (opened memory-mapped); a folder of tables, see `kgattn.graph.tables`; a
                file, plain or packed (.gz .bz2 .xz): RDF (.ttl .nt .nq .trig .n3 .rdf .owl .xml .trix .jsonld .hext),
                .obo, .graphml, .gexf, or triples (.tsv .csv .txt); or the http or https address of a SPARQL endpoint,
                read as `from_sparql` says. A web address that ends like a file is refused: files are not downloaded.
            language: Language tag of the labels and aliases to take from RDF, or several in order of preference:
                `"de,en"` takes the German label of an entity, or its English one if there is none. `"xx"` takes those
                of every language.
            query: What to ask an endpoint.

        Raises:
            GraphError: Nothing readable is there, or it is malformed; names the file and, where it has one, the line.
        """
        from kgattn.graph.sources import load_graph

        return load_graph(path, language=language, query=query)

    @classmethod
    def from_sparql(
        cls,
        endpoint: str,
        *,
        query: str | None = None,
        language: str = "en",
        page_size: int = 10_000,
        max_pages: int = 10_000,
        timeout: float = 60.0,
        retries: int = 3,
        headers: Mapping[str, str] | None = None,
    ) -> "KnowledgeGraph":
        """Read what a SPARQL endpoint answers, page by page; progress is logged to `kgattn.graph.sparql`.

        Args:
            endpoint: An http or https address.
            query: A CONSTRUCT query, or a SELECT of three variables: head, relation and tail. It is ordered by its
                variables and asked page by page, unless it ends in a LIMIT of its own or has `{limit}` and `{offset}`
                where the endpoint should find these numbers. Left out: all statements of the default graph between
                IRIs, and all labels and aliases. Blank nodes join statements of one page alone.
            language: As in `load`.
            page_size: Rows a page. For CONSTRUCT it must not exceed the most the endpoint gives (10,000 on many public
                ones), since what it cut cannot be seen; a SELECT goes on where the rows of a page end.
            max_pages: Pages after which to give up.
            timeout: Seconds without a byte after which an attempt is given up.
            retries: Further attempts after time-outs, broken connections and HTTP 429, 500, 502, 503 or 504.
            headers: Sent along with each request, such as `{"Authorization": ...}`.

        Raises:
            GraphError: The query does not give statements; the endpoint fails, answers something else, gives the same
                page again, or has more pages than `max_pages`.
        """
        from kgattn.graph.sparql import graph_from_sparql

        return graph_from_sparql(
            endpoint,
            query=query,
            language=language,
            page_size=page_size,
            max_pages=max_pages,
            timeout=timeout,
            retries=retries,
            headers=headers,
        )

    @classmethod
    def from_triples(
        cls,
        triples: Iterable[Sequence[str]],
        *,
        labels: Mapping[str, str | Collection[str]] | None = None,
        aliases: Mapping[str, str | Collection[str]] | None = None,
        types: Mapping[str, str | Collection[str]] | None = None,
        features: np.ndarray | Mapping[str, Sequence[float] | np.ndarray] | None = None,
        relation_labels: Mapping[str, str] | None = None,
        type_labels: Mapping[str, str] | None = None,
        licence: str = "",
        sources: Sequence[str] = (),
    ) -> "KnowledgeGraph":
        """Build a graph from plain Python values.

        Args:
            triples: (head id, relation id, tail id).
            labels: Entity id to label, or to a list of label and aliases: the list of entities, in row order. Left out,
                an id is its own label.
            aliases: Entity id to one or several other forms, in any collection; those of a set are sorted.
            types: Entity id to one or several type ids.
            features: Vectors as an array [entity, dim] in row order, or entity id to vector, for every entity.
            relation_labels: How relations read; the rest is derived from the id: `"capitalOf"` reads "capital of".
            type_labels: How types read; the rest is derived in the same way.
            licence: Terms the content comes under.
            sources: Where the content came from.

        Raises:
            GraphError: No entity; a triple that is not three strings or names an entity not in `labels`; IRIs without
                any label; an empty label; features that do not fit.
        """
        from kgattn.graph.triples import graph_from_triples

        return graph_from_triples(
            triples,
            labels=labels,
            aliases=aliases,
            types=types,
            features=features,
            relation_labels=relation_labels,
            type_labels=type_labels,
            licence=licence,
            sources=tuple(sources),
        )

    @classmethod
    def merge(
        cls,
        graphs: Sequence["KnowledgeGraph"],
        *,
        same_as: Mapping[str, str] | str | Path | None = None,
        max_cluster: int = 100,
    ) -> "KnowledgeGraph":
        """Unite graphs, entity by entity id.

        The first graph that has a label for an entity names it, where a label that is no more than the id as text
        gives way to any other; labels it has elsewhere become aliases, other than the ends of IRIs. Blank nodes of
        different graphs stay apart: `_:b0` of a later graph may become `_:b0x2`. Where only some graphs have features,
        the entities of the others get zeros. Of `name_priors`, those of entities that become one are added up; those
        that several graphs give for a name are their mean.

        Args:
            graphs: The graphs, the most trusted first.
            same_as: Other names of an entity: id to id, a tab-separated file of two columns of ids, or `"owl"` for the
                owl:sameAs and skos:exactMatch triples inside the graphs. Sameness passes on from pair to pair. Of
                several names the entity keeps the one in the first graph; within that one with a label, the first in
                the alphabet.
            max_cluster: Most names an entity may get by `same_as`: one wrong link can make thousands of entities one.

        Raises:
            GraphError: No graph is given, their features differ in width, `same_as` unites nothing, or more than
                `max_cluster` ids.
        """
        from kgattn.graph.merge import merge_graphs

        return merge_graphs(graphs, same_as=same_as, max_cluster=max_cluster)

    @classmethod
    def from_rdf(cls, graph: "rdflib.Graph", *, language: str = "en") -> "KnowledgeGraph":
        """Take over an rdflib graph; `kgattn.graph.statements` says what becomes of each statement, and of languages.

        Of an rdflib Dataset or ConjunctiveGraph all graphs are read, named ones too, as one.

        Raises:
            GraphError: The graph is empty or has no label at all.
        """
        from kgattn.graph.rdf import graph_from_rdf

        return graph_from_rdf(graph, language=language)

    @classmethod
    def from_networkx(cls, graph: "networkx.Graph") -> "KnowledgeGraph":
        """Take over a networkx graph of any kind.

        Node attributes read: `label` (or `name`), `aliases`, `types` (or `type`), `type_labels` (how the types read),
        `features`, `name_priors` (of the label, then of each alias; nan where none is given); several texts are in any
        collection (those of a set are sorted) or in one string, joined by `|` or as a JSON list. The relation
        of an edge is its attribute `relation`, `predicate`, `label` or `type`, else its textual key, else "related to".
        An undirected edge is one triple, as stored.

        Raises:
            GraphError: No node, two nodes with the same text as id, IRIs without any label, or `name_priors` that do
                not fit the names.
        """
        from kgattn.graph.networkx_io import graph_from_networkx

        return graph_from_networkx(graph)

    @classmethod
    def from_pyg(
        cls,
        data: "Data | HeteroData",
        *,
        labels: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        entity_ids: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        relations: Sequence[str] | None = None,
    ) -> "KnowledgeGraph":
        """Take over a PyG graph.

        Args:
            data: `Data` with `edge_index` and, for several relations, `edge_type`; or `HeteroData`, whose node and edge
                types become entity types and relations. `x`, if every node has it in one width, becomes features;
                otherwise it is left out, with a warning. Of `Data` alone, what `to_pyg` puts there is read too.
            labels: In row order, per node type for `HeteroData`; left out, `data.label`.
            entity_ids: In the same form; left out, `data.entity_id`, else row numbers.
            relations: Names by `edge_type`; left out, `data.relation_id`, else "relation 0", "relation 1", ...

        Raises:
            GraphError: No labels, or a length that does not fit.
        """
        from kgattn.graph.pyg import graph_from_pyg

        return graph_from_pyg(data, labels=labels, entity_ids=entity_ids, relations=relations)

    @classmethod
    def from_pykeen(
        cls,
        triples_factory: Any,
        *,
        model: Any = None,
        embeddings: Any = None,
        labels: Mapping[str, str] | None = None,
    ) -> "KnowledgeGraph":
        """Take over PyKEEN triples and, as features, trained vectors.

        Args:
            triples_factory: A `pykeen.triples.TriplesFactory`; inverse relations are left out.
            model: A trained PyKEEN model of these triples. Where it has several vectors an entity they stand side by
                side; complex ones become twice as many real numbers, real and imaginary part next to each other.
            embeddings: Vectors instead of a model, an array or tensor [entity, dim] in the order of `entity_to_id`.
            labels: Entity to label; left out, an entity's name is its label.

        Raises:
            GraphError: Both `model` and `embeddings` are given, the triples have no names, a length does not fit, or
                the names are IRIs and there are no labels.
        """
        from kgattn.graph.pykeen import graph_from_pykeen

        return graph_from_pykeen(triples_factory, model=model, embeddings=embeddings, labels=labels)

    @classmethod
    def from_spacy_kb(cls, kb: Any, *, labels: Mapping[str, str] | None = None) -> "KnowledgeGraph":
        """Take over the entities, aliases and vectors of spaCy's `InMemoryLookupKB`; it has no triples.

        An entity's label is the alias that means it with the highest prior, then the longest. The priors are kept as
        `name_priors`, and the linker goes by them; frequencies are lost.

        Args:
            kb: The knowledge base.
            labels: Entity id to label, for entities whose best alias is not how they should read.

        Raises:
            GraphError: It is no such knowledge base, or is empty, or `labels` names an unknown entity.
        """
        from kgattn.graph.spacy_kb import graph_from_spacy_kb

        return graph_from_spacy_kb(kb, labels=labels)
