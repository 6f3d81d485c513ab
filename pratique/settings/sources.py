"""Where settings come from: flags, then `PRATIQUE_...` variables, then `pratique.toml`; the first that names one wins.

The file is the current folder's, or the one that `--config FILE` names. An empty variable counts as not set.

Failure: an unknown name, a value that cannot be used, or an unreadable file raises SettingsError with one plain line.
"""

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path

from pratique.settings.settings import PREFIX, Settings, SettingsError, as_text, make_settings

OF_THE_COMMAND = frozenset({"debug"})
"""Variables that belong to the command itself, not to what it runs."""
FILE_NAME = Path("pratique.toml")


def read_settings(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """The settings from flags (None and () = not given), environment (`os.environ` when None) and the file.

    Raises SettingsError.
    """
    path = config or FILE_NAME
    texts = {name: (as_text(value), f"{name} in {path}") for name, value in _read_file(path, config is not None)}
    variables = _read_environment(os.environ if environment is None else environment)
    texts |= {name: (value, PREFIX + name.upper()) for name, value in variables.items()}
    for name, value in (flags or {}).items():
        if value is not None and value != ():
            texts[name] = (as_text(value), "--" + name.replace("_", "-"))
    return make_settings(texts)


def _read_file(path: Path, must_exist: bool) -> Iterable[tuple[str, object]]:
    try:
        entries = tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(f"There is no settings file {path}.") from None
        return ()
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}.") from None
    _refuse_unknown(entries, f" in {path}", str)
    for name, value in entries.items():
        if isinstance(value, dict):
            raise SettingsError(f"{name} in {path} is a table; write {name} = VALUE.")
    return entries.items()


def _read_environment(environment: Mapping[str, str]) -> dict[str, str]:
    entries = {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}
    _refuse_unknown((name.lower() for name in entries), "", lambda name: PREFIX + name.upper())
    return {name.lower(): value for name, value in entries.items() if value and name.lower() not in OF_THE_COMMAND}


def _refuse_unknown(names: Iterable[str], where: str, show: Callable[[str], str]) -> None:
    known = sorted(setting.name for setting in fields(Settings))
    for name in names:
        if name not in known and name not in OF_THE_COMMAND:
            [nearest] = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.0)
            raise SettingsError(f"There is no setting {show(name)}{where}; the nearest is {show(nearest)}.")
