"""Interleaved timing: the order, the ratios and the clock."""

import time

import pytest
import torch

from kgattn.speed.measure import clock_for, interleave


def test_functions_take_turns_and_each_round_begins_with_another():
    calls: list[str] = []
    ticks = iter(range(1000))
    interleave(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2, lambda: float(next(ticks)), warm_up=1
    )
    assert calls == ["b", "a", "a", "b", "b", "a"]


def test_ratios_are_taken_within_a_round():
    now = 0.0
    slow = iter([1.0, 5.0, 1.0])  # a slow second round hits both alike

    def spend(factor: float, held: list[float]) -> None:
        nonlocal now
        if not held:
            held.append(next(slow))
        now += factor * held[0]
        if len(held) == 2:
            held.clear()
        else:
            held.append(0.0)

    held: list[float] = []
    plain, double = interleave(
        {"plain": lambda: spend(1.0, held), "double": lambda: spend(2.0, held)}, 3, lambda: now, warm_up=0
    )
    assert (plain.ratio, double.ratio, double.ratio_low, double.ratio_high) == (1.0, 2.0, 2.0, 2.0)
    assert (plain.milliseconds, double.milliseconds) == (1000.0, 2000.0)


def test_one_thread_is_timed_by_its_own_clock_which_does_not_run_while_it_sleeps():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        name, clock = clock_for(torch.device("cpu"))
        start = clock()
        time.sleep(0.05)
        assert (name, clock() - start < 0.04) == ("CPU time of one thread", True)
        torch.set_num_threads(2)
        assert clock_for(torch.device("cpu"))[0] == "wall, 2 threads"
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("repeats", [1, 2])
def test_few_rounds_give_a_result_too(repeats):
    (timing,) = interleave({"only": lambda: None}, repeats, time.perf_counter)
    assert timing.ratio == timing.ratio_low == timing.ratio_high == 1.0
