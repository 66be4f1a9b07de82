"""On a CUDA device: the same answers as on the CPU, plugin included, and a clear error for a mixed batch."""

import pytest
import torch

import kgattn
from kgattn.errors import SlotError

from .conftest import LENGTH, Batch, make_model, open_gates

pytestmark = pytest.mark.gpu


def on_cuda(tensors):
    return {name: tensor.cuda() for name, tensor in tensors.items()}


def test_the_gpu_gives_what_the_cpu_gives(architecture, implementation, graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model(architecture, implementation), graph))
    labels = torch.zeros(3, LENGTH, dtype=torch.long)
    expected = model(**batch.all, labels=labels)
    expected.loss.backward()
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    model.zero_grad()
    model.cuda()
    found = model(**on_cuda(batch.all), labels=labels.cuda())
    found.loss.backward()
    torch.testing.assert_close(found.logits.cpu(), expected.logits, rtol=1e-3, atol=1e-4)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad.cpu(), gradients[name], rtol=1e-2, atol=1e-4)


def test_injecting_a_model_on_the_gpu_puts_the_plugin_there(graph, batch: Batch):
    model = make_model("bert").cuda()
    expected = model(**on_cuda(batch.plain)).logits
    model = kgattn.inject(model, graph)
    assert {parameter.device.type for parameter in model.parameters()} == {"cuda"}
    assert torch.equal(model(**on_cuda(batch.all)).logits, expected)


def test_bf16_autocast_on_the_gpu(graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model("bert").cuda(), graph))
    exact = model(**on_cuda(batch.all)).logits
    with torch.autocast("cuda", torch.bfloat16):
        rough = model(**on_cuda(batch.all)).logits
    torch.testing.assert_close(rough.float(), exact, rtol=0.1, atol=0.05)


def test_a_batch_on_another_device_is_refused(graph, batch: Batch):
    model = kgattn.inject(make_model("bert").cuda(), graph)
    with pytest.raises(SlotError, match="must be on the model's device cuda:0, got cpu"):
        model(**on_cuda(batch.plain), **batch.links)
