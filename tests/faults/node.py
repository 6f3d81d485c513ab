"""A gateway whose data lie in a place of the test's choice, with two domains: one whose server is there, one away."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from pratique.cli import front_door
from tests.servers.gateway import PROGRAM, Gateway
from tests.servers.mail_client import message_id
from tests.servers.moody_hop import MoodyHop
from tests.servers.program import ServerFailed, server_folder
from tests.servers.serving import TENANT

THERE, AWAY = "user@there.example", "user@away.example"
SETTINGS = {"allow_private_routes": "on", "retry": "1s", "client_connections": "0", "workers": "1", "cells": "1"}


@contextmanager
def node_on(
    place: Path,
    there: MoodyHop,
    away: MoodyHop,
    settings: Mapping[str, str] | None = None,
    program: Sequence[str] = PROGRAM,
) -> Iterator[Gateway]:
    """Its data are in `place`, its log is elsewhere; both domains take every recipient. Stopped at the end."""
    with server_folder("node") as folder:
        log = folder / "gateway.log"
        one = Gateway(place / "data", SETTINGS | dict(settings or {}), program, str(log))
        set_up(one, {"there.example": there.route, "away.example": away.route})
        one.start()
        try:
            yield one
        finally:
            one.stop()


def set_up(one: Gateway, routes: Mapping[str, str]) -> None:
    """A tenant with these domains.

    By the commands that an operator types, in this process: five starts of the program would take longer.
    """
    commands = [["migrate"], ["tenant", "add", TENANT]]
    for domain, route in routes.items():
        commands.append(["domain", "add", domain, "--tenant", TENANT, "--route", route, "--verified"])
        commands.append(["recipients", "source", domain, "accept-all"])
    for words in commands:
        done = CliRunner().invoke(front_door, words, env=one.environment)
        if done.exit_code:
            raise ServerFailed(f"pratique {' '.join(words)}: exit {done.exit_code}: {done.output}")


def readiness(one: Gateway) -> dict[str, Any]:
    """What `/readyz` says, whichever its status."""
    try:
        with urllib.request.urlopen(f"{one.portal_url}/readyz", timeout=30) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as degraded:
        with degraded:
            return dict(json.load(degraded))


def lost(one: Gateway, marks: Sequence[str], *hops: MoodyHop) -> list[str]:
    """Those of these letters, all answered 250, that no next hop took and that are not accounted for."""
    accounted = {copy["message_id"] for copy in one.ask("accounted")}
    return [mark for mark in marks if message_id(mark) not in accounted and not any(hop.copies[mark] for hop in hops)]
