"""The page and the plot that `make bench` writes: what people wrote stays, every system has its line and its bar."""

from pathlib import Path
from xml.etree import ElementTree

from tests.bench.figures import Figure, Load
from tests.bench.mail import MIXED
from tests.bench.performance_page import MARK, write_page

LOADS = (Load("4096", 20), Load("1000000", 1), Load(MIXED, 20))


def figure(system: str, load: Load, rate: float) -> Figure:
    return Figure(system, "delivered", load, rate, rate / 250, 1.5, 0.8, (5.0, 9.0, 12.5), 150 << 20, 0)


def test_the_page_is_made_again_and_keeps_what_people_wrote(tmp_path: Path) -> None:
    """Twice over the same page: once each."""
    page = tmp_path / "performance.md"
    page.write_text(f"# Performance\n\nOur words.\n\n{MARK}\nold\n")
    systems = ("source into sink", "haraka <2>", "pratique")
    figures = [figure(name, load, 1000.0 / number) for load in LOADS for number, name in enumerate(systems, 1)]
    for _ in range(2):
        write_page(figures, page, 3)
    text = page.read_text()
    assert text.startswith("# Performance\n\nOur words.") and text.count(MARK) == 1 and "\nold\n" not in text
    assert text.count("| **pratique** | 333 |") == len(LOADS)
    plot = ElementTree.parse(tmp_path / "performance.svg")
    bars = [each for each in plot.iter("{http://www.w3.org/2000/svg}rect") if each.get("fill") != "#fff"]
    assert len(bars) == len(figures)
