"""Runs first in a process that a guarded reader starts: it is guarded too, in its folder alone."""

import os
import resource

import guard

CPU_SECONDS = 12
"""It is ended after these; the tests ask for less."""


def report(crime: str) -> None:
    os.write(2, f"crime: {crime}\n".encode())
    os._exit(1)


resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
guard.forbid((os.getcwd(),), report)
