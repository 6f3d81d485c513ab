"""Where people reach the portal that runs on this data folder, for links made by commands in another process.

Comes in: the settings of a start (`up`, `portal`), whose flags no later command is given. They are noted in the file
`portal.url` of the data folder, and a command that makes a link reads them there.

Failure: a note that is missing or is no address is passed over; the settings of the command then say where.
Limits: a data folder knows its last start only.
"""

from pratique.settings.settings import Settings
from pratique.settings.values import parse_portal_url

_FILE = "portal.url"


def note_portal_address(settings: Settings) -> None:
    """At a start: links begin so from now on. Raises OSError."""
    whole = settings.data / f"{_FILE}.new"
    whole.write_text(settings.portal_url + "\n", encoding="utf-8")
    whole.replace(settings.data / _FILE)


def portal_address(settings: Settings) -> str:
    """What a link begins with: what this command was told by name, else what was noted at the last start."""
    if settings.portal_url != f"http://{settings.portal}":
        return settings.portal_url
    try:
        return parse_portal_url((settings.data / _FILE).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return settings.portal_url
