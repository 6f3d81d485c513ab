"""Plug-ins: engines and agents of other packages, found by their entry points.

Comes in: the setting `plugins`, names that the operator has chosen: what is merely installed is not run. Goes out:
which there are, with their own settings; in a process of its own (`plugin_process.py`), what a factory made. A factory
is called with the reactor and a mapping of the plug-in's own settings; one is shown in `docs/plugins.md`. A name may
stand in one group, or in both.

Failure: a name that no installed package has stops the start with one plain line.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pratique.settings.scanner_values import split_plugin
from pratique.settings.settings import Settings, SettingsError
from tenants.policies.agent_names import OWN_AGENTS

ENGINES = "pratique.engines"
AGENTS = "pratique.agents"


def plugged_settings(group: str, settings: Settings) -> list[tuple[str, dict[str, str]]]:
    """Names and settings of the plug-ins of this group, in the order of the setting. Raises SettingsError."""
    require_plugins(settings)
    split = (split_plugin(text) for text in settings.plugins)
    return [(name, own_settings) for name, own_settings in split if _point(group, name) is not None]


def make_plugin(group: str, name: str, own_settings: dict[str, str], reactor: Any) -> Any:
    """The engine or the agent of this entry point; raises what its factory raises."""
    point = _point(group, name)
    if point is None:
        raise SettingsError(f"no installed package has {name!r} in {group}")
    return point.load()(reactor, own_settings)


def plugged_names(group: str, settings: Settings) -> tuple[str, ...]:
    """The names of the plug-ins of this group, in the order of the setting; nothing is loaded."""
    names = (split_plugin(text)[0] for text in settings.plugins)
    return tuple(name for name in names if _point(group, name) is not None)


def known_agents(settings: Settings) -> tuple[str, ...]:
    """Every name that a policy's `agents` may give here."""
    return (*OWN_AGENTS, *plugged_names(AGENTS, settings))


def require_plugins(settings: Settings) -> None:
    """Raises SettingsError for a name that no installed package has; nothing is loaded."""
    for text in settings.plugins:
        name, _ = split_plugin(text)
        if not any(_point(group, name) for group in (ENGINES, AGENTS)):
            raise SettingsError(f"plugins: no installed package has an engine or an agent {name!r}.")


def _point(group: str, name: str) -> EntryPoint | None:
    return next(iter(entry_points(group=group, name=name)), None)
