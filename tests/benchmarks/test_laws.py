"""The matrix of laws: every test finds its row, and one command runs and prints."""

import subprocess
import sys
from pathlib import Path

from benchmarks.laws import ATTENTIONS, KERNELS, place
from kgattn.attention import KERNELS as ALL_KERNELS

ROOT = Path(__file__).resolve().parents[2]


def test_it_knows_every_kernel():
    assert set(KERNELS) == set(ALL_KERNELS) < set(ATTENTIONS)


def test_tests_find_their_rows():
    laws, stacks = "tests/injection/test_laws.py::", "tests/injection/test_two_stacks.py::"
    assert place(f"{laws}test_law_3_padding[xlm-roberta-eager]") == (("xlm-roberta", "eager"), 3)
    assert place(f"{laws}test_law_6_every_kernel[bert-sdpa-block]") == (("bert", "sdpa"), 6)
    assert place(f"{laws}test_bf16_autocast[deberta-v2]") == (("deberta-v2", "any"), 7)
    assert place(f"{laws}test_the_output_is_whole") == (None, 7)
    assert place(f"{stacks}test_law_1_bits[t5-eager-decoder-cross-grad]") == (("t5, decoder+cross", "eager"), 1)
    assert place("tests/attention/test_kernels.py::test_equal[block]") == (("kernel", "block"), 6)


def test_one_command_runs_them_and_prints():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.laws", "-k", "test_dropout_keeps_the_mean and fold"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equals reference" in done.stdout
    assert "fold" in done.stdout
