"""Templates to HTML: the Jinja environment with autoescape, and the few filters that pages use.

Comes in: a template's name and frozen values. Goes out: HTML. Sentences stand in the templates alone; here are only
numbers, times, and the taming of text from strangers (`portal/hostile_text.py`).

Failure: a name that a template uses and nobody gave is a bug and raises (StrictUndefined): the page is a 500.
"""

import hashlib
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.hostile_text import file_name, one_line, several_lines

_HERE = Path(__file__).parent
STATIC_FOLDER = _HERE / "static"
_UNITS = ("KB", "MB", "GB", "TB")


def make_environment() -> Environment:
    """A new environment that finds the templates of all rooms."""
    environment = Environment(
        loader=FileSystemLoader([_HERE / "templates", _HERE / "pages"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        one_line=one_line,
        file_name=file_name,
        several_lines=several_lines,
        size=size,
        iso=datetime.isoformat,
        exact=exact,
        day=day,
    )
    environment.globals["asset"] = _asset_addresses().__getitem__
    return environment


def size(octets: int) -> str:
    """A number of octets as people read it, in powers of ten."""
    if octets < 1000:
        return f"{octets} B"
    amount = octets / 1000
    place = 0
    # 999.5, not 1000: what would be rounded to 1000 is 1.0 of the next unit.
    while amount >= 999.5 and place < len(_UNITS) - 1:
        amount /= 1000
        place += 1
    unit = _UNITS[place]
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"


def exact(time: datetime) -> str:
    """A time to the second, with its zone."""
    return f"{time.day} {time:%b %Y, %H:%M:%S} UTC"


def day(time: datetime) -> str:
    """A time as day and minute."""
    return f"{time.day} {time:%b %Y, %H:%M}"


def _asset_addresses() -> dict[str, str]:
    """Each static file's address, with a digest of its content so that browsers may keep it for good."""
    addresses: dict[str, str] = {}
    for path in sorted(STATIC_FOLDER.rglob("*")):
        if path.is_file():
            name = path.relative_to(STATIC_FOLDER).as_posix()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            addresses[name] = f"/static/{name}?v={digest}"
    return addresses
