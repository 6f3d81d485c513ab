"""The anatomy under atheris: coverage-guided, from the corpus as seeds.

`python -m tests.fuzz.anatomy [libFuzzer's options] [FOLDER]`, with the extra `fuzz` installed (`make fuzz`). What does
not hold (`holding.py`) ends the run; libFuzzer writes the message that did it into the current folder.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mx.anatomy"]):
    from tests.fuzz.holding import MOST_OCTETS, hold

from tests.fuzz.mangled import seeds


def one(message: bytes) -> None:
    """One run."""
    hold(message)


def main() -> None:
    """The command; options for libFuzzer as given, and its seeds."""
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(seeds()):
            (Path(folder) / f"{number}").write_bytes(content)
        atheris.Setup([*sys.argv, f"-max_len={MOST_OCTETS}", "-timeout=5", "-rss_limit_mb=1024", folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
