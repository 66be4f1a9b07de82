"""The commonest noise: words that are linked again and again and are hardly ever an entity of the corpus."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kgattn.evidence.doctor.linked import NO_LABEL, LinkedSplit, overlaps
from kgattn.graph import KnowledgeGraph

RARELY = 0.1
"""Share of a form's links that may be gold, exactly or in part, for it to be noise."""
OFTEN = 2
"""Links a form must have."""


@dataclass(frozen=True)
class NoisyForm:
    """A surface form whose links are no gold mentions.

    Attributes:
        form: As most often written, words joined by blanks.
        links: How often it was linked.
        gold: How often that was a gold mention exactly.
        touching: How often it shared a word with one instead.
        entity_id: The entity it was linked to.
        label: That entity's label.
    """

    form: str
    links: int
    gold: int
    touching: int
    entity_id: str
    label: str

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def find_noise(learn: LinkedSplit, graph: KnowledgeGraph) -> tuple[NoisyForm, ...]:
    """Forms linked at least `OFTEN` times of which at most a share of `RARELY` has to do with gold; commonest first.

    Forms inside longer names ("United Kingdom" in "United Kingdom general election") stay: they tell something.

    Args:
        learn: Linked sentences to learn from. A stop list changes what the linker does, so no sentence that is scored
            later may have a part in it.
        graph: For the label of what was linked.
    """
    counts, written = defaultdict[str, Counter[str]](Counter), defaultdict[str, Counter[str]](Counter)
    entities = defaultdict[str, Counter[str]](Counter)
    golden = [frozenset(labels) for labels in learn.labels]
    for number, link, label in learn.judged():
        form = learn.form(number, link.start, link.end)
        key = form.lower()
        written[key][form] += 1
        entities[key][link.best] += 1
        how = "gold" if label != NO_LABEL else "no"
        if how == "no" and overlaps(link.start, link.end, golden[number]):
            how = "touching"
        counts[key][how] += 1
    found = []
    for key, parts in counts.items():
        links = parts.total()
        if links >= OFTEN and parts["gold"] + parts["touching"] <= RARELY * links:
            entity = _commonest(entities[key])
            form = _commonest(written[key])
            found.append(NoisyForm(form, links, parts["gold"], parts["touching"], entity, graph.label(entity)))
    return tuple(sorted(found, key=lambda noise: (noise.gold - noise.links, noise.form)))


def stop_list_text(noise: Sequence[NoisyForm], corpus: str) -> str:
    """A stop list to look through: one form a line, then how often it was linked, how often it was gold, and as what.

    `kgattn.linking.read_stop_list` reads it back: it takes the first column and skips lines that begin with `# `.
    """
    head = [
        f"# Forms that are linked in the training sentences of {corpus} and hardly ever an entity there.",
        "# Delete the lines you want linked, and give the file to kgattn link, train or compare: --use-stop-list FILE.",
        "# form\tlinks\tgold\tin part\tlinked to",
    ]
    rows = [f"{each.form}\t{each.links}\t{each.gold}\t{each.touching}\t{_cell(each.label)}" for each in noise]
    return "\n".join([*head, *rows]) + "\n"


def _commonest(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))


def _cell(text: str) -> str:
    return " ".join(text.split())
