"""A package with plug-ins, installed into a folder of its own, for gateways that a test starts.

Comes in: the code of one module, and its entry points. Goes out: the folder; while the context lasts, gateways that are
started find it (`PYTHONPATH`).
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers.program import server_folder


@contextmanager
def plugin_folder(module: str, code: str, points: Mapping[str, str]) -> Iterator[Path]:
    """`points`: `group:name` -> what makes it, such as `{"pratique.agents:odd": "make"}`."""
    with server_folder("plugin") as folder:
        about = folder / f"{module}-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: 1\n")
        lines = []
        for point, made in points.items():
            group, _, name = point.partition(":")
            lines.append(f"[{group}]\n{name} = {module}:{made}\n")
        (about / "entry_points.txt").write_text("".join(lines))
        (folder / f"{module}.py").write_text(code)
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), before]))
        try:
            yield folder
        finally:
            if before is None:
                del os.environ["PYTHONPATH"]
            else:
                os.environ["PYTHONPATH"] = before
