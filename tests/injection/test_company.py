"""An injected model in company: compiled, adapted by PEFT, distributed, generating, beside other hooks."""

import copy
import inspect
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import multiprocessing
from transformers import (
    AutoTokenizer,
    BartForConditionalGeneration,
    BertForTokenClassification,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaForCausalLM,
    MarianMTModel,
    MistralConfig,
    MistralForCausalLM,
    MistralForTokenClassification,
)

import kgattn
from kgattn.attention import kernels
from kgattn.errors import InjectionError, SlotError
from kgattn.graph import KnowledgeGraph
from kgattn.injection.attention_function import kgattn_attention
from kgattn.injection.context import CONTEXT, MentionContext
from kgattn.linking import EntityLinker, Processor
from kgattn.mentions import MentionBatch

from .conftest import (
    CLOSE,
    COMMON,
    GROUPED,
    LENGTH,
    SPECIAL,
    TRIPLES,
    TWO_STACKS,
    TYPES,
    Batch,
    make_batch,
    make_model,
    open_gates,
    skip_unless_served,
    without_dropout,
)

LABELS = torch.zeros(3, LENGTH, dtype=torch.long)


# --- torch.compile ---


@pytest.mark.slow
def test_kernels_and_models_compile():
    """In a process of its own, without the type checks of the tests, which cannot be compiled."""
    script = Path(__file__).with_name("compile_all.py")
    environment = {**os.environ, "PYTHONPATH": str(script.parents[2]), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["reference", "dense", "fold", "block", "model"]


# --- PEFT ---


# PEFT asks transformers by a name that transformers is about to drop.
old_name = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


def lora(**settings):
    peft = pytest.importorskip("peft", reason="peft is not installed")
    return peft, peft.LoraConfig(target_modules=["query", "value"], r=2, **settings)


@old_name
def test_peft_after_injection_trains_and_saves_the_plugin_it_is_told_of(graph, batch: Batch, tmp_path: Path):
    peft, config = lora(modules_to_save=["kgattn"])
    injected = open_gates(kgattn.inject(make_model("bert"), graph))
    expected = injected(**batch.all).logits
    model = peft.get_peft_model(injected, config)
    torch.testing.assert_close(model(**batch.all).logits, expected, **CLOSE)

    model.train()
    optimizer = torch.optim.SGD([parameter for parameter in model.parameters() if parameter.requires_grad], lr=0.5)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    model(**batch.all, labels=LABELS).loss.backward()
    optimizer.step()
    moved = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert any("kgattn.modules_to_save" in name and "gate" in name for name in moved)
    assert not any("kgattn.original_module" in name for name in moved)

    model.eval()
    trained = model(**batch.all).logits
    assert not torch.allclose(trained, expected, atol=1e-4)
    with model.base_model.model.kgattn.disabled():
        assert torch.equal(model(**batch.all).logits, model(**batch.plain).logits)
    model.save_pretrained(tmp_path)
    fresh = peft.PeftModel.from_pretrained(kgattn.inject(make_model("bert"), graph), tmp_path).eval()
    torch.testing.assert_close(fresh(**batch.all).logits, trained)


@old_name
def test_the_processor_of_a_plugin_that_peft_trains_goes_along_with_its_graph(graph, bert_tiny_path):
    peft, config = lora(modules_to_save=["kgattn"])
    injected = kgattn.inject(BertForTokenClassification.from_pretrained(bert_tiny_path), graph)
    injected.kgattn.processor = Processor(AutoTokenizer.from_pretrained(bert_tiny_path), EntityLinker(graph))
    model = peft.get_peft_model(injected, config)
    pipeline = kgattn.pipeline(injected, ignore_labels=[])
    other = KnowledgeGraph.from_triples([("Bonn", "in", "Germany")])
    model.kgattn.swap_graph(other)
    assert model.kgattn.processor.linker.graph is other
    assert pipeline.links is model.kgattn.processor
    assert pipeline("From Bonn to Germany")


@old_name
def test_a_graph_reaches_the_plugins_of_all_adapters(graph, bert_tiny_path):
    peft, config = lora(modules_to_save=["kgattn"])
    base = BertForTokenClassification.from_pretrained(bert_tiny_path)
    injected = open_gates(kgattn.inject(base, graph).eval(), size=0.5)
    injected.kgattn.processor = Processor(AutoTokenizer.from_pretrained(bert_tiny_path), EntityLinker(graph))
    swapped = copy.deepcopy(injected)
    model = peft.get_peft_model(injected, config)
    model.add_adapter("second", config)
    other = KnowledgeGraph.from_triples([("Bonn", "in", "Germany"), *(("Bonn", "near", f"town {n}") for n in range(9))])
    swapped.kgattn.swap_graph(other)
    model.kgattn.swap_graph(other)
    assert graph.num_entities < other.num_entities

    def predict(tagger):
        with torch.no_grad():
            return tagger(**model.kgattn.processor(["From Bonn to Germany"], return_tensors="pt")).logits

    assert model.kgattn.processor.linker.graph is other
    expected = predict(swapped)  # no weight has moved: every adapter computes as the model did
    torch.testing.assert_close(predict(model), expected)
    model.set_adapter("second")
    torch.testing.assert_close(predict(model), expected)
    with model.disable_adapter():
        torch.testing.assert_close(predict(model), expected)
    assert swapped.kgattn.graph is other
    swapped.kgattn.swap_graph(graph)
    assert model.kgattn.graph is other, "a copy of the whole model has a graph of its own"


@old_name
def test_a_plugin_frozen_by_peft_is_told_of_once(graph, batch: Batch):
    peft, config = lora()
    model = peft.get_peft_model(kgattn.inject(make_model("bert"), graph), config).train()
    with pytest.warns(UserWarning, match=r"model\.kgattn are frozen.*modules_to_save"):
        model(**batch.all)
    model(**batch.all)  # warnings are errors: a second one would fail here


@old_name
def test_injection_after_peft(graph, batch: Batch):
    peft, config = lora()
    adapted = peft.get_peft_model(make_model("bert"), config)
    expected = adapted(**batch.plain).logits
    model = kgattn.inject(adapted, graph)
    assert model is adapted
    assert torch.equal(model(**batch.all).logits, expected)
    assert not torch.equal(open_gates(model)(**batch.all).logits, expected)
    model.train()(**batch.all, labels=LABELS).loss.backward()
    assert all(parameter.grad is not None for parameter in model.kgattn.parameters())
    model.eval().kgattn.remove()
    assert torch.equal(model(**batch.plain).logits, expected)


@old_name
def test_lora_leaves_the_plugin_s_own_projections_alone(graph):
    peft, config = lora()
    model = peft.get_peft_model(kgattn.inject(make_model("bert"), graph), config)
    assert not [name for name, _ in model.named_modules() if "kgattn" in name and "lora" in name]


# --- training by several processes ---


def train_a_step(rank: int, folder: str) -> None:
    """One of two processes; the second one's batch has no links."""
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    graph = KnowledgeGraph.from_triples(TRIPLES, types=TYPES)
    model = without_dropout(open_gates(kgattn.inject(make_model("bert"), graph)))
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    batch = make_batch(graph)
    for links in (batch.links, {}):  # the second kind of step: no process has links
        inputs = {**batch.plain, **links} if rank == 0 else batch.plain
        model.zero_grad()
        parallel(**inputs, labels=LABELS).loss.backward()
        gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
        torch.save(gradients, f"{folder}/{rank}-{len(links)}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no distributed package")
@pytest.mark.slow
def test_a_process_without_links_does_not_stop_the_others(graph, batch: Batch, tmp_path: Path):
    multiprocessing.spawn(train_a_step, args=(str(tmp_path),), nprocs=2)
    model = without_dropout(open_gates(kgattn.inject(make_model("bert"), graph)))
    gradients = []
    for inputs in (batch.all, batch.plain):
        model.zero_grad(set_to_none=False)
        model(**inputs, labels=LABELS).loss.backward()
        named = {name: parameter.grad for name, parameter in model.named_parameters()}
        gradients.append({name: torch.zeros(()) if grad is None else grad.clone() for name, grad in named.items()})
    mean = {name: (gradients[0][name] + gradients[1][name]) / 2 for name in gradients[0]}
    for rank in range(2):
        torch.testing.assert_close(torch.load(tmp_path / f"{rank}-3.pt"), mean, **CLOSE)
        alone = torch.load(tmp_path / f"{rank}-0.pt")
        assert all(not grad.any() for name, grad in alone.items() if name.startswith("kgattn."))


# --- generation ---


def decoder(kind: str):
    torch.manual_seed(1)
    if kind == "gpt2":
        config = GPT2Config(**COMMON, **SPECIAL, n_embd=32, n_layer=2, n_head=4, n_inner=48, n_positions=64)
        return GPT2LMHeadModel(config).eval()
    from transformers import LlamaConfig

    return LlamaForCausalLM(LlamaConfig(**GROUPED)).eval()


def left_padded(batch: Batch) -> Batch:
    """As generation wants it: what was padding on the right stands on the left."""
    shift = [0, 4, 0]

    def roll(tensor):
        return torch.stack([row.roll(by) for row, by in zip(tensor, shift, strict=True)])

    plain = {name: roll(tensor) for name, tensor in batch.plain.items()}
    return Batch(plain, {**batch.links, "kg_token_slot": roll(batch.links["kg_token_slot"])})


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
@pytest.mark.parametrize("beams", [1, 2])
def test_generation_with_a_cache_gives_what_whole_passes_give(kind, beams, graph, batch: Batch):
    model = open_gates(kgattn.inject(decoder(kind), graph), size=0.5)
    batch = left_padded(batch)
    settings = {"max_new_tokens": 6, "do_sample": False, "num_beams": beams, "eos_token_id": None}
    settings |= {"return_dict_in_generate": True, "output_logits": True}
    plain = model.generate(**batch.plain, **settings)
    with model.kgattn.linked(batch.links):
        cached = model.generate(**batch.plain, **settings, use_cache=True)
        whole = model.generate(**batch.plain, **settings, use_cache=False)
        again = model.generate(**batch.plain, **settings, use_cache=True, cache_implementation="static")
    for other in (whole, again):
        torch.testing.assert_close(torch.stack(cached.logits), torch.stack(other.logits), **CLOSE)
        assert torch.equal(cached.sequences, other.sequences)
    after_the_text = torch.stack(cached.logits)[1:, :beams]  # steps that come from the cache, of the linked example
    assert not torch.allclose(after_the_text, torch.stack(plain.logits)[1:, :beams], atol=1e-4)
    outside = model.generate(**batch.plain, **settings)
    assert torch.equal(outside.sequences, plain.sequences)


def test_a_text_generated_by_hand_may_bring_its_links_along(graph, batch: Batch):
    """A cache holds the first tokens; slots are given for all of them."""
    model = open_gates(kgattn.inject(decoder("llama"), graph), size=0.5)
    full = model(**batch.all).logits
    first = {name: tensor[:, :5] for name, tensor in batch.plain.items()}
    links = {**batch.links, "kg_token_slot": batch.links["kg_token_slot"][:, :5]}
    cache = model(**first, **links, use_cache=True).past_key_values
    name = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
    rest = {"input_ids": batch.plain["input_ids"][:, 5:], "attention_mask": batch.plain["attention_mask"]}
    torch.testing.assert_close(model(**rest, **batch.links, **{name: cache}).logits, full[:, 5:], **CLOSE)


def test_slots_that_do_not_begin_with_the_text_are_refused(graph, batch: Batch):
    model = open_gates(kgattn.inject(decoder("llama"), graph))
    name = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
    first, last = ({key: tensor[:, part] for key, tensor in batch.plain.items()} for part in (slice(15), slice(15, 16)))
    first_slots, last_slots = batch.links["kg_token_slot"][:, :15], batch.links["kg_token_slot"][:, 15:]
    output = model(**first, **{**batch.links, "kg_token_slot": first_slots}, use_cache=True)
    last["attention_mask"] = batch.plain["attention_mask"]
    rest = {**last, name: getattr(output, name, None) or output.past_key_values}
    with pytest.raises(SlotError, match="one slot per token, 16, got 1"):  # of the new token alone
        model(**rest, **{**batch.links, "kg_token_slot": last_slots})
    with pytest.raises(SlotError, match="one slot per token, 16, got 16"), model.kgattn.linked(batch.links):
        model(**rest)  # begins in the middle: what the cache holds was not seen
    with model.kgattn.linked(batch.links):
        model(**batch.plain)
        with pytest.raises(SlotError, match="one slot per token, 15, got 16"):
            model(**first)  # another text


def test_a_sliding_window_keeps_slots_and_tokens_together(graph, batch: Batch):
    torch.manual_seed(1)
    model = MistralForCausalLM(MistralConfig(**GROUPED, sliding_window=6)).eval()
    with pytest.warns(UserWarning, match="untested"):
        model = open_gates(kgattn.inject(model, graph), size=0.5)
    whole = {**batch.plain, "attention_mask": torch.ones_like(batch.plain["attention_mask"])}
    settings = {"max_new_tokens": 5, "do_sample": False, "eos_token_id": None}
    settings |= {"return_dict_in_generate": True, "output_logits": True}
    with model.kgattn.linked(batch.links):
        expected = model.generate(**whole, **settings, use_cache=False)
    with model.kgattn.linked(batch.links):
        cached = model.generate(**whole, **settings, use_cache=True)
    torch.testing.assert_close(torch.stack(cached.logits), torch.stack(expected.logits), **CLOSE)


@pytest.mark.parametrize("make", [BartForConditionalGeneration, MarianMTModel])
def test_translation_reads_the_linked_source(make, graph, batch: Batch):
    skip_unless_served(make.config_class.model_type)
    torch.manual_seed(1)
    model = open_gates(kgattn.inject(make(make.config_class(**TWO_STACKS)).eval(), graph), size=0.5)
    settings = {"max_new_tokens": 5, "do_sample": False, "num_beams": 2, "output_scores": True}
    settings |= {"return_dict_in_generate": True}
    plain = model.generate(**batch.plain, **settings)
    with model.kgattn.linked(batch.all):
        biased = model.generate(**batch.plain, **settings)
    assert not torch.allclose(plain.scores[0][:2], biased.scores[0][:2], atol=1e-5)
    with pytest.raises(ValueError, match="kg_token_slot"):  # why linked() is needed
        model.generate(**batch.all, **settings)


def test_linked_needs_links_and_ends_with_its_block(graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model("bert"), graph))
    plain, biased = model(**batch.plain).logits, model(**batch.all).logits
    with pytest.raises(SlotError, match=r"must hold kg_token_slot, .* kg_token_slot is missing"):
        model.kgattn.linked(batch.plain).__enter__()
    with model.kgattn.linked(batch.links):
        assert torch.equal(model(**batch.plain).logits, biased)
        with model.kgattn.disabled():
            assert torch.equal(model(**batch.plain).logits, plain)
    with pytest.raises(ZeroDivisionError), model.kgattn.linked(batch.links):
        1 / 0  # noqa: B018
    assert torch.equal(model(**batch.plain).logits, plain)


# --- others on the same model ---


def test_hooks_of_others_stay_and_fire_as_often_as_before(graph, batch: Batch):
    model = make_model("bert")
    calls: list[str] = []
    for name, module in model.named_modules():
        module.register_forward_pre_hook(lambda *_, name=name: calls.append(f"before {name}"))
        module.register_forward_hook(lambda *_, name=name: calls.append(f"after {name}"))
    model(**batch.plain)
    plain = list(calls)
    calls.clear()
    open_gates(kgattn.inject(model, graph))(**batch.all)
    assert [call for call in calls if "kgattn" not in call] == plain
    model.kgattn.remove()
    calls.clear()
    model(**batch.plain)
    assert calls == plain


def test_two_models_of_two_graphs_do_not_know_of_each_other(graph, batch: Batch):
    other = KnowledgeGraph.from_triples(TRIPLES, types={name: ["thing"] for name in TYPES})
    first, second = (open_gates(kgattn.inject(make_model("bert"), each)) for each in (graph, other))
    one, two = first(**batch.all).logits, second(**batch.all).logits
    with first.kgattn.disabled(), second.kgattn.linked(batch.links):
        assert torch.equal(first(**batch.all).logits, first(**batch.plain).logits)
        assert torch.equal(second(**batch.plain).logits, two)
    assert torch.equal(first(**batch.all).logits, one)


def test_a_copy_of_the_model_is_switched_by_itself(graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model("bert"), graph))
    twin = copy.deepcopy(model)
    biased = model(**batch.all).logits
    with model.kgattn.disabled():
        assert torch.equal(twin(**batch.all).logits, biased)
        assert not torch.equal(model(**batch.all).logits, biased)


# --- architectures outside the table ---


def test_an_unknown_architecture_that_uses_the_registry_works_with_a_warning(graph, batch: Batch):
    torch.manual_seed(1)
    model = MistralForTokenClassification(MistralConfig(**GROUPED)).eval()
    expected = model(**batch.plain).logits
    with pytest.warns(UserWarning, match="model type 'mistral' is untested with kgattn; 2 modules MistralAttention"):
        model = kgattn.inject(model, graph)
    assert torch.equal(model(**batch.all).logits, expected)
    assert not torch.allclose(open_gates(model)(**batch.all).logits[0], expected[0], atol=1e-4)


def test_heads_that_differ_from_what_the_config_says_are_refused(graph, batch: Batch):
    model = open_gates(kgattn.inject(make_model("bert"), graph))
    context = model.kgattn(MentionBatch(*batch.links.values()))
    assert isinstance(context, MentionContext)
    query = torch.zeros(3, 2, LENGTH, 8)
    module = model.bert.encoder.layer[0].attention.self
    with pytest.raises(InjectionError, match="attends with 2 heads and values 2 x 8, the injection was made for 4"):
        kgattn_attention(module, query, query, query, None, **{CONTEXT: context})


@torch.no_grad()
def test_the_choice_of_a_slower_kernel_is_said_once(graph, batch: Batch, caplog):
    kernels._tell_once.cache_clear()  # what other tests were told
    model = open_gates(kgattn.inject(make_model("bert"), graph)).eval()
    with caplog.at_level(logging.INFO), torch.autocast("cpu", torch.bfloat16):
        for _ in range(2):
            model(**batch.all)
    assert len([record for record in caplog.records if "rounding of torch.bfloat16" in record.message]) == 1
