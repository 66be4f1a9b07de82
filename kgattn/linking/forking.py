"""Opening before a fork what every process forked off would else open for itself, as spaCy's `nlp.pipe(n_process=2)`.

A forked process shares the memory of its parent, so an index that is there before is there once. Nothing tells a spaCy
component that workers are about to be started; the fork itself does, whatever it is for.
"""

import os
from contextlib import suppress
from typing import Protocol, runtime_checkable
from weakref import WeakSet


@runtime_checkable
class Opens(Protocol):
    """What reads or builds something large when first asked to."""

    def open(self) -> None:
        """Read or build it now, if that can be done and was not."""


_waiting: WeakSet[Opens] = WeakSet()
_told: list[bool] = []


def open_before_forks(one: Opens) -> None:
    """Have it opened before this process forks, as long as it lives."""
    _waiting.add(one)
    if not _told and hasattr(os, "register_at_fork"):
        _told.append(True)
        os.register_at_fork(before=_open_all)


def _open_all() -> None:
    for one in list(_waiting):
        _waiting.discard(one)
        with suppress(Exception):  # whoever asks for it in a worker gets the error; a fork is not to fail for it
            one.open()
