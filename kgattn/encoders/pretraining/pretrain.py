"""Training a link-prediction model on a graph's triples: the graph with entity vectors, and how well they rank."""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch_geometric.nn.kge import KGEModel

from kgattn.encoders.pretraining.checkpoint import load_checkpoint, save_checkpoint
from kgattn.encoders.pretraining.ranking import PROTOCOL, rank_triples
from kgattn.encoders.pretraining.scorers import SCORERS
from kgattn.encoders.pretraining.settings import PretrainingSettings
from kgattn.encoders.pretraining.split import Split
from kgattn.errors import GraphError, RunError
from kgattn.graph import KnowledgeGraph
from kgattn.shapes import Float, Int


@dataclass(frozen=True, eq=False)
class PretrainingResult:
    """What came out.

    Attributes:
        graph: The graph with the trained vectors as its features, in place of any it had.
        report: Settings, counts, ranking measures, losses and seconds, as JSON values.
    """

    graph: KnowledgeGraph
    report: dict[str, Any]


def pretrain(
    graph: KnowledgeGraph,
    split: Split,
    settings: PretrainingSettings,
    *,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = 10.0,
    watch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> PretrainingResult:
    """Train entity vectors by link prediction and rank the triples that were held out.

    Loss, wrong triples and first vectors are those of `torch_geometric.nn.kge`. Everything random in an epoch comes
    from the seed and the number of the epoch: the same seed gives the same vectors on one machine, also where a run
    was interrupted.

    Args:
        graph: The graph.
        split: Its triples, as `hold_out` or `given_split` parts them.
        settings: What to train and how.
        checkpoint: File to keep the state in; where it is there already, training goes on from it.
        checkpoint_seconds: Time between two writings of it.
        watch: Told the number of epochs done and the mean loss of the last one, after each.

    Raises:
        GraphError: There is no triple to train on.
        RunError: The checkpoint is damaged or belongs to another run, or the loss is no longer finite.
        StorageError: The checkpoint cannot be written.
    """
    if not len(split.train):
        raise GraphError("expected a graph with triples to train on, got none")
    scorer = SCORERS[settings.model]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        model = scorer.build(graph.num_entities, graph.num_relations, settings.dim)
    optimizer = scorer.optimizer(list(model.parameters()), settings.rate)
    identity = {**settings.to_json(), "graph": graph.fingerprint, "split": _digest(split)}
    losses = [] if checkpoint is None else load_checkpoint(checkpoint, model, optimizer, identity)
    heads, relations, tails = torch.from_numpy(split.train.astype(np.int64)).T.contiguous()
    began = written = time.monotonic()
    for epoch in range(len(losses), settings.epochs):
        loss = _train_epoch(model, optimizer, (heads, relations, tails), settings, epoch)
        if not np.isfinite(loss):
            raise RunError(f"the loss became {loss} in epoch {epoch + 1}; lower the learning rate of {settings.rate}")
        losses.append(loss)
        if checkpoint is not None and (
            time.monotonic() - written >= checkpoint_seconds or len(losses) == settings.epochs
        ):
            save_checkpoint(checkpoint, model, optimizer, identity, losses)
            written = time.monotonic()
        watch(len(losses), loss)
    trained = time.monotonic()
    parts = {"valid": split.valid, "test": split.test}
    ranks = {
        name: rank_triples(scorer, model, part, split.known()).summary() for name, part in parts.items() if len(part)
    }
    report = {
        "settings": settings.to_json(),
        "graph": {"fingerprint": graph.fingerprint, "entities": graph.num_entities, "relations": graph.num_relations},
        "triples": {"train": len(split.train), "valid": len(split.valid), "test": len(split.test)},
        "protocol": PROTOCOL,
        "ranks": ranks,
        "losses": losses,
        "seconds": {"training": trained - began, "ranking": time.monotonic() - trained},
    }
    return PretrainingResult(_with_vectors(graph, scorer.table(model), settings), report)


def _train_epoch(
    model: KGEModel,
    optimizer: torch.optim.Optimizer,
    columns: tuple[Int[Tensor, " triple"], Int[Tensor, " triple"], Int[Tensor, " triple"]],
    settings: PretrainingSettings,
    epoch: int,
) -> float:
    total = 0.0
    count = len(columns[0])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.random.SeedSequence((settings.seed, epoch + 1)).generate_state(1)[0]))
        order = torch.randperm(count)
        for start in range(0, count, settings.batch_size):
            rows = order[start : start + settings.batch_size]
            optimizer.zero_grad()
            loss = model.loss(*(column[rows] for column in columns))
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(rows)
    return total / count


def _with_vectors(
    graph: KnowledgeGraph, table: Float[Tensor, "entity width"], settings: PretrainingSettings
) -> KnowledgeGraph:
    """The graph with these vectors, scaled to a mean length of 1: a graph encoder adds them to codes of length 1."""
    vectors = table.detach().float().numpy()
    scale = float(np.linalg.norm(vectors, axis=1).mean())
    vectors = np.ascontiguousarray(vectors / max(scale, 1e-12), dtype=np.float32)
    vectors.flags.writeable = False
    source = f"entity vectors: {settings.model} of {settings.dim} dimensions on its triples, by kgattn graph pretrain"
    return dataclasses.replace(graph, features=vectors, sources=(*graph.sources, source), path=None)


def _digest(split: Split) -> str:
    digest = sha256()
    for part in (split.train, split.valid, split.test):
        digest.update(len(part).to_bytes(8, "little") + np.ascontiguousarray(part, dtype="<i8").tobytes())
    return digest.hexdigest()
