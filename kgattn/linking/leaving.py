"""Worker processes that do not outlive the process they work for."""

from multiprocessing import connection, parent_process
from os import _exit


def leave_with_parent() -> None:
    """End this process when its parent is gone, killed ones included: nobody would ever take the results."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        _exit(1)
