"""Write the corpus into a folder: `python -m tests.corpus FOLDER [--pairs N] [--seed S] [--only REGEX]`.

Goes out: NAME.eml for each message, and `manifest.json`, a list of {"name", "class", "expect", "over"}, which the judge
(`python -m tests.corpus.judge`) reads. `over` is `scan` for messages with a bare CR or LF, which cannot pass DATA.
"""

import argparse
import hashlib
import itertools
import json
import re
from collections.abc import Iterable
from pathlib import Path

from tests.corpus.case import Case
from tests.corpus.index import all_cases, pairs

_LONGEST_NAME = 120


def file_name(case: Case) -> str:
    """Its name as a file's name: short, and of letters that every file system takes."""
    plain = re.sub(r"[^A-Za-z0-9.+_-]", "-", case.name)
    if len(plain) <= _LONGEST_NAME:
        return plain
    return plain[: _LONGEST_NAME - 9] + "-" + hashlib.sha256(case.name.encode()).hexdigest()[:8]


def write(folder: Path, cases: Iterable[Case]) -> int:
    """Write these cases; the number of them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for case in cases:
        name = file_name(case)
        (folder / f"{name}.eml").write_bytes(case.content)
        rows.append(case.row() | {"name": name})
    (folder / "manifest.json").write_text(json.dumps(rows, indent=1) + "\n")
    return len(rows)


def main() -> None:
    """The command."""
    words = argparse.ArgumentParser(prog="python -m tests.corpus", description="Write the corpus of messages.")
    words.add_argument("folder", type=Path)
    words.add_argument("--pairs", type=int, default=0, help="so many pairs of tricks as well")
    words.add_argument("--seed", type=int, default=1, help="chooses the pairs")
    words.add_argument("--only", default="", help="regular expression on the names")
    given = words.parse_args()
    cases = itertools.chain(all_cases(), pairs(given.pairs, given.seed))
    count = write(given.folder, (case for case in cases if re.search(given.only, case.name)))
    print(f"{count} messages in {given.folder}")


if __name__ == "__main__":
    main()
