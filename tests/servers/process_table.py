"""The running processes of one gateway, by what they do; a test kills them by their numbers.

The kinds: `mx`, `work` and `portal` are children of `pratique up`; `mx` and `work` have a `nursery` each; a `cell` is
what a nursery has forked.
"""

import os
import signal
import subprocess
from dataclasses import dataclass, replace

CHILD, NURSERY = "pratique.processes.child", "mx.cell.nursery"


@dataclass(frozen=True, slots=True)
class Process:
    """One line of `ps`."""

    pid: int
    parent: int
    words: tuple[str, ...]
    kind: str = ""
    """Empty for what is none of ours."""


def descendants(pid: int) -> tuple[Process, ...]:
    """The processes below this one, nearest first."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    lines = [line.split() for line in listed.stdout.splitlines()]
    processes = [Process(int(words[0]), int(words[1]), tuple(words[2:])) for words in lines]
    found: list[Process] = []
    parents = {pid: ""}
    while below := [process for process in processes if process.parent in parents]:
        named = [replace(process, kind=_kind(process.words, parents[process.parent])) for process in below]
        found += named
        parents = {process.pid: process.kind for process in named}
    return tuple(found)


def _kind(words: tuple[str, ...], parents: str) -> str:
    """A cell is forked, so it has the words of its nursery."""
    if NURSERY in words:
        return "cell" if parents == "nursery" else "nursery"
    return words[words.index(CHILD) + 1] if CHILD in words else ""


def pids_of(kind: str, pid: int) -> frozenset[int]:
    """The processes of one kind below `pid`."""
    return frozenset(process.pid for process in descendants(pid) if process.kind == kind)


def kill_one(kind: str, pid: int) -> int:
    """Kills the oldest process of that kind below `pid`; gives its number. A cell may have just ended by itself."""
    victim = min(pids_of(kind, pid))
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        if kind != "cell":
            raise
    return victim


def is_running(pid: int) -> bool:
    """Whether the process is there and has not ended (one that nobody has waited for yet does not run)."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return state != "" and not state.startswith("Z")
