"""docs/performance.md and its plot, made from the figures of `compare.py`. Pure, but for the two files it writes.

What stands above the line MARK in the page is written by people, and stays.
"""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from tests.bench.figures import Figure, Load

MARK = "<!-- Below this line the page is made by `make bench`. -->"
_BAR, _GAP, _LABEL, _ROOM, _TOP = 16, 6, 210, 470, 30
_COLOURS = {"pratique": "#0b7a75", "clamd alone, whole messages": "#8a8d91", "source into sink": "#c4c7ca"}
_PEER = "#d98e04"


def write_page(figures: Sequence[Figure], page: Path, rounds: int) -> None:
    """Replace what was made before."""
    plot = page.with_suffix(".svg")
    loads = tuple(dict.fromkeys(figure.load for figure in figures))
    plot.write_text(drawn(figures, loads), encoding="utf-8")
    kept = page.read_text(encoding="utf-8").partition(MARK)[0] if page.exists() else "# Performance\n\n"
    made = [MARK, "", *_about(rounds), "", f"![Messages a second]({plot.name})", ""]
    for load in loads:
        made += [f"### {load.words}", "", *_table([figure for figure in figures if figure.load == load]), ""]
    page.write_text(kept + "\n".join(made), encoding="utf-8")


def _about(rounds: int) -> list[str]:
    model = _processor()
    return [
        "## Figures",
        "",
        f"Made by `make bench` on {datetime.now(UTC):%d %B %Y}: {os.cpu_count()} processors ({model}), "
        f"{platform.system()}, Python {platform.python_version()}.",
        f"Medians of {rounds} rounds, the systems taking turns.",
        "A message's CPU is that of all processes of the system; clamd's is told apart.",
        "Latency is from connecting to the answer to the end of data.",
        "Memory is the peak of the largest process of each kind, added up.",
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _table(figures: Iterable[Figure]) -> list[str]:
    lines = [
        "| system | messages/s | MB/s | CPU ms | clamd ms | p50 ms | p95 ms | p99 ms | MB | a 250 means |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for each in figures:
        p50, p95, p99 = each.latency_ms
        name = f"**{each.system}**" if each.system == "pratique" else each.system
        memory = str(each.peak_octets >> 20) if each.peak_octets else ""
        note = f" ({each.refused} refused)" if each.refused else ""
        lines.append(
            f"| {name}{note} | {each.rate:.0f} | {each.megabytes:.1f} | {each.cpu_ms:.2f} | {each.clamd_ms:.2f} "
            f"| {p50:.1f} | {p95:.1f} | {p99:.1f} | {memory} | {each.promise} |"
        )
    return lines


def drawn(figures: Sequence[Figure], loads: Sequence[Load]) -> str:
    """Messages a second as bars, load by load; each load has a scale of its own, which the sink does not set."""
    parts: list[str] = []
    y = 10
    for load in loads:
        these = [figure for figure in figures if figure.load == load]
        most = max((each.rate for each in these if each.system not in ("source into sink", "floor relay")), default=1.0)
        parts.append(f'<text x="0" y="{y + 14}" font-weight="bold">{escape(load.words)}</text>')
        y += _TOP
        for each in these:
            width = min(_ROOM, round(_ROOM * each.rate / max(most, 1e-9)))
            more = " →" if each.rate > most else ""
            colour = _COLOURS.get(each.system, _PEER if each.system != "floor relay" else "#c4c7ca")
            parts.append(f'<text x="{_LABEL - 8}" y="{y + 12}" text-anchor="end">{escape(each.system)}</text>')
            parts.append(f'<rect x="{_LABEL}" y="{y}" width="{max(1, width)}" height="{_BAR}" fill="{colour}"/>')
            parts.append(f'<text x="{_LABEL + width + 6}" y="{y + 12}">{each.rate:.0f}{more}</text>')
            y += _BAR + _GAP
        y += 14
    width = _LABEL + _ROOM + 70
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#333">\n'
        f'<rect width="{width}" height="{y}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
