"""Linked texts as a web page, drawn by displaCy."""

from collections.abc import Sequence
from html import escape

from spacy import displacy

from kgattn.colours import DISPLACY, colours_of
from kgattn.graph import KnowledgeGraph
from kgattn.mentions import Mention


def mention_page(linked: Sequence[tuple[str, Sequence[Mention]]], graph: KnowledgeGraph) -> str:
    """One HTML page: each text with its mentions, and at each mention its likeliest entity, in the colour of its type.

    Args:
        linked: Texts with their mentions, in order of text and not overlapping.
        graph: The graph that was linked to; an entity whose id is a web address becomes a link.
    """
    drawings = [{"text": text, "ents": [_drawing(mention, graph) for mention in mentions]} for text, mentions in linked]
    options = {"colors": _colours({one.candidates[0].entity_id for _, mentions in linked for one in mentions}, graph)}
    return str(displacy.render(drawings, style="ent", manual=True, page=True, jupyter=False, options=options))


def _colours(entity_ids: set[str], graph: KnowledgeGraph) -> dict[str, str]:
    """The colour of each entity's label: that of its first type."""
    first_type = {entity_id: next(iter(graph.types(entity_id)), None) for entity_id in sorted(entity_ids)}
    colours = colours_of(kind for kind in first_type.values() if kind is not None)
    return {
        escape(graph.label(entity_id)): DISPLACY["KG"] if kind is None else colours[kind]
        for entity_id, kind in first_type.items()
    }


def _drawing(mention: Mention, graph: KnowledgeGraph) -> dict[str, object]:
    """What displaCy draws; it escapes the text itself, and nothing else."""
    entity_id = mention.candidates[0].entity_id
    is_address = entity_id.startswith(("http://", "https://"))
    return {
        "start": mention.start_char,
        "end": mention.end_char,
        "label": escape(graph.label(entity_id)),
        "kb_id": escape(entity_id),
        "kb_url": escape(entity_id) if is_address else "#",
    }
