"""PyG's link-prediction models by name, each with a way to score all entities as an answer at once.

`KGEModel.forward` scores one triple a row. Ranking needs every entity in every place, so each model is written here as
a comparison of a query, made from what is known of a triple, with a table of all entities: one matrix product or one
distance matrix. It equals `forward`, which a test holds.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch_geometric.nn.kge import ComplEx, DistMult, KGEModel, RotatE, TransE

from kgattn.shapes import Float, Int


@dataclass(frozen=True)
class Scorer:
    """One kind of model.

    Attributes:
        build: Makes it from the numbers of entities and relations and the dimension.
        optimizer: Makes the optimizer from the parameters and a learning rate.
        learning_rate: Default; optimizer and rate are those of PyG's examples/kge_fb15k_237.py.
        table: Entity vectors as they are compared, complex ones with the imaginary parts behind the real ones.
        query: From table rows of the known entities, the model, relation rows and whether tails are asked for: what
            the table is compared with.
        compare: Scores of every table row, from queries and table.
    """

    build: Callable[[int, int, int], KGEModel]
    optimizer: Callable[[list[Tensor], float], torch.optim.Optimizer]
    learning_rate: float
    table: Callable[[KGEModel], Tensor]
    query: Callable[[Tensor, KGEModel, Tensor, bool], Tensor]
    compare: Callable[[Tensor, Tensor], Tensor]


def score_entities(
    scorer: Scorer,
    model: KGEModel,
    table: Float[Tensor, "entity width"],
    known: Int[Tensor, " batch"],
    relations: Int[Tensor, " batch"],
    tails: bool,
) -> Float[Tensor, "batch entity"]:
    """Scores of all entities as the missing end of triples.

    Args:
        scorer: What kind of model it is.
        model: The model.
        table: `scorer.table(model)`.
        known: The entity at the other end: heads where tails are asked for, else tails.
        relations: Relation rows.
        tails: Whether tails are asked for.
    """
    return scorer.compare(scorer.query(table[known], model, relations, tails), table)


def _transe_table(model: KGEModel) -> Tensor:
    return F.normalize(model.node_emb.weight, p=model.p_norm, dim=-1)


def _transe_query(known: Tensor, model: KGEModel, relations: Tensor, tails: bool) -> Tensor:
    translation = model.rel_emb(relations)
    moved: Tensor = known + translation if tails else known - translation
    return moved


def _distmult_query(known: Tensor, model: KGEModel, relations: Tensor, tails: bool) -> Tensor:
    product: Tensor = known * model.rel_emb(relations)
    return product


def _complex_table(model: KGEModel) -> Tensor:
    return torch.cat([model.node_emb.weight, model.node_emb_im.weight], dim=-1)


def _complex_query(known: Tensor, model: KGEModel, relations: Tensor, tails: bool) -> Tensor:
    return _multiply(known, model.rel_emb(relations), model.rel_emb_im(relations), conjugate=not tails)


def _rotate_query(known: Tensor, model: KGEModel, relations: Tensor, tails: bool) -> Tensor:
    angle = model.rel_emb(relations)
    return _multiply(known, angle.cos(), angle.sin(), conjugate=not tails)


def _multiply(known: Tensor, real: Tensor, imaginary: Tensor, conjugate: bool) -> Tensor:
    """Entities times relations as complex numbers; a relation is undone by its conjugate."""
    known_real, known_imaginary = known.chunk(2, dim=-1)
    if conjugate:
        imaginary = -imaginary
    return torch.cat(
        [real * known_real - imaginary * known_imaginary, real * known_imaginary + imaginary * known_real], dim=-1
    )


def _product(queries: Tensor, table: Tensor) -> Tensor:
    return queries @ table.T


def _near(norm: float) -> Callable[[Tensor, Tensor], Tensor]:
    def compare(queries: Tensor, table: Tensor) -> Tensor:
        # the way by a matrix product is faster and loses the digits by which near entities differ
        return -torch.cdist(queries, table, p=norm, compute_mode="donot_use_mm_for_euclid_dist")

    return compare


def _adam(weight_decay: float) -> Callable[[list[Tensor], float], torch.optim.Optimizer]:
    return lambda parameters, rate: torch.optim.Adam(parameters, lr=rate, weight_decay=weight_decay)


def _adagrad(parameters: list[Tensor], rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adagrad(parameters, lr=rate, weight_decay=1e-6)


SCORERS: dict[str, Scorer] = {
    # Bordes et al. 2013; PyG's default, the distance by absolute values between vectors of unit length
    "transe": Scorer(TransE, _adam(0.0), 0.01, _transe_table, _transe_query, _near(1.0)),
    # Yang et al. 2015 (arXiv:1412.6575)
    "distmult": Scorer(DistMult, _adam(1e-6), 0.0001, lambda model: model.node_emb.weight, _distmult_query, _product),
    # Trouillon et al. 2016 (arXiv:1606.06357)
    "complex": Scorer(ComplEx, _adagrad, 0.001, _complex_table, _complex_query, _product),
    # Sun et al. 2019 (arXiv:1902.10197); the margin, the same for all entities, is left out of the scores
    "rotate": Scorer(RotatE, _adam(0.0), 0.001, _complex_table, _rotate_query, _near(2.0)),
}
