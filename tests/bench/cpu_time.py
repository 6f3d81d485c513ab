"""CPU time and memory of a tree of processes, by the kind of each, from /proc (Linux alone)."""

import os
from collections import Counter
from pathlib import Path

_CHILD = "pratique.processes.child"


def kinds_of(root: int) -> dict[int, str]:
    """The living processes of a tree: process id -> kind. Of Pratique: up, mx, work, portal, nursery, cells."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    found, waiting = {root: _kind(root, "")}, [root]
    while waiting:
        parent = waiting.pop()
        for child in children.get(parent, []):
            found[child] = _kind(child, found[parent])
            waiting.append(child)
    return found


def _kind(pid: int, of_parent: str) -> str:
    if of_parent.endswith("nursery"):
        return of_parent.replace("nursery", "cells")
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        words = []
    if _CHILD in words:
        return words[words.index(_CHILD) + 1]
    if any("nursery" in word for word in words):
        return f"{of_parent} nursery"
    return of_parent or "main"


def cpu_seconds(root: int) -> Counter[str]:
    """Time on a processor so far of each kind, what has ended included where its parent waited for it."""
    seconds: Counter[str] = Counter()
    for pid, kind in kinds_of(root).items():
        seconds[kind] += sum(map(_thread_seconds, Path(f"/proc/{pid}/task").glob("*/schedstat")))
        seconds[kind] += _seconds_of_ended_children(pid)
    return seconds


def _seconds_of_ended_children(pid: int) -> float:
    """Of those that the process has waited for: some servers replace their children every few messages."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _thread_seconds(schedstat: Path) -> float:
    try:
        return int(schedstat.read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def resident_octets(root: int) -> dict[str, int]:
    """Of each kind, the peak of its largest process (VmHWM)."""
    peaks: dict[str, int] = {}
    for pid, kind in kinds_of(root).items():
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        peak = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
        peaks[kind] = max(peaks.get(kind, 0), peak)
    return peaks
