"""Compiles every kernel without a graph break, and a model with those its hook needs; prints what passed.

Run by a test in a process of its own.
"""

import torch
from transformers import (
    AutoModelForTokenClassification,
    BertConfig,
    DebertaConfig,
    DebertaV2Config,
    MPNetConfig,
    PreTrainedConfig,
)

import kgattn
from kgattn.attention import KERNELS
from kgattn.bias import MentionBias
from kgattn.mentions import SlotLayout

torch.set_num_threads(1)


def check_kernel(name: str, dim: int) -> None:
    """Outputs and gradients of the compiled kernel equal its own uncompiled ones, which may be of compiled code."""
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator).requires_grad_()

    inputs = (*(random(2, 2, 6, dim) for _ in range(3)), random(2, 2, 3, 3), random(2, 2, 3, dim))
    with torch.no_grad():
        inputs[3][:, :, 0] = inputs[3][:, :, :, 0] = inputs[4][:, :, 0] = 0
    layout = SlotLayout.of(torch.randint(0, 3, (2, 6), generator=generator), 3)
    mask = torch.ones(2, 1, 1, 6, dtype=torch.bool)

    def attend(query, key, value, table, values):
        return KERNELS[name](query, key, value, mask, 0.5, 0.0, MentionBias(layout, table, values, bound=4.0))

    expected = attend(*inputs)
    compiled = torch.compile(attend, fullgraph=True, backend="aot_eager")(*inputs)
    torch.testing.assert_close(compiled, expected, rtol=1e-4, atol=1e-5)
    found, wanted = (torch.autograd.grad(output.square().sum(), inputs) for output in (compiled, expected))
    mentions = (..., slice(1, None), slice(1, None)), (..., slice(1, None), slice(None))  # slot 0 says nothing
    for ours, theirs, part in zip(found, wanted, (..., ..., ..., *mentions), strict=True):
        torch.testing.assert_close(ours[part], theirs[part], rtol=1e-4, atol=1e-5)


SIZES = {"vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
POSITIONS = {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "pad_token_id": 1}
CONFIGS = (
    BertConfig(**SIZES),
    BertConfig(**{**SIZES, "hidden_size": 64}),  # heads as wide as compiled code takes them
    DebertaConfig(**SIZES, **POSITIONS),
    DebertaV2Config(**SIZES, **POSITIONS),
    MPNetConfig(**SIZES),
)


def check_model(config: PreTrainedConfig) -> None:
    """A compiled model, with links and without, by turns, gives what it gave."""
    torch._dynamo.reset()
    torch.manual_seed(1)
    model = AutoModelForTokenClassification.from_config(config).eval()
    graph = kgattn.KnowledgeGraph.from_triples([("Berlin", "capital of", "Germany")])
    model = kgattn.inject(model, graph)
    with torch.no_grad():
        for name, parameter in model.kgattn.named_parameters():
            if name.endswith("gate"):
                parameter.fill_(0.1)
    plain = {"input_ids": torch.arange(16).view(2, 8) + 5, "attention_mask": torch.ones(2, 8, dtype=torch.long)}
    slots, entities = torch.zeros(2, 8, dtype=torch.long), torch.tensor([[[0], [1]], [[1], [-1]]])
    slots[0, 1], slots[0, 3], slots[1, 2] = 1, 2, 1
    links = {"kg_token_slot": slots, "kg_entities": entities, "kg_priors": (entities >= 0).float()}
    compiled = torch.compile(model, backend="aot_eager")
    other = {**links, "kg_token_slot": slots.flip(1), "kg_priors": links["kg_priors"] / 2}
    for batch in ({**plain, **links}, plain, {**plain, **other}, plain, {**plain, **links}):
        torch.testing.assert_close(compiled(**batch).logits, model(**batch).logits, rtol=1e-4, atol=1e-5)
    assert not torch.equal(model(**plain, **links).logits, model(**plain).logits)


if __name__ == "__main__":
    for kernel in ("reference", "dense", "fold", "block"):
        for width in (4, 16):
            check_kernel(kernel, width)
        print(kernel)
    for config in CONFIGS:
        check_model(config)
    print("model")
