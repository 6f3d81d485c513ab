"""The `pratique` command: its table of contents, and what a person sees when something is refused.

A command's file is imported when the command is called, so that `pratique --help` and `pratique scan` do not pay for
Twisted, SQLAlchemy and FastAPI. Each file in `commands/` gives a click command or group named `command`.

Failure: exit status 1 and one plain line on standard error for every refusal (a wrong setting, a book's refusal, a file
or port that the system does not give), 2 for wrong usage. An error that nothing expected is one line too, and
PRATIQUE_DEBUG=1 shows its traceback. When the reader of a pipe goes away (`pratique trace | head`), the command ends
quietly.
"""

import atexit
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mx.cell.confinement import leave_no_core
from pratique.options import GIVEN_BEFORE
from pratique.settings.settings import SettingsError
from tenants.refusals import Refusal

COMMANDS = {
    "up": "Receive, scan, deliver, and serve the portal: everything.",
    "mx": "Receive and scan alone.",
    "portal": "Serve the web portal alone.",
    "work": "Run the queue and the periodic jobs alone.",
    "migrate": "Bring the database to this version.",
    "tenant": "Customers: add, list, show, suspend, resume, delete.",
    "domain": "Their domains: add, list, show, verify, check, remove.",
    "recipients": "Who is known of a domain: show, source, import.",
    "senders": "Whom a tenant allows or blocks: allow, block, remove, list, import.",
    "policy": "What becomes of a message for each verdict: show, set.",
    "group": "Recipients with a policy in common: add, remove, list.",
    "user": "People who may sign in: add, list, link, remove.",
    "scan": "The verdict on files, without a server.",
    "queue": "Mail that waits for its next hop: list, show, retry, flush, hold, drop.",
    "quarantine": "Held mail: list, show, release, delete, export.",
    "trace": "What became of a message, event by event.",
    "dkim": "The records to publish for mail of our own.",
    "stamp": "Antivirus stamps: the key of ours, and whether one is good.",
    "accounted": "One line for each message in queue or quarantine.",
    "agents": "The transport agents, and the order of a policy's.",
    "blobs": "The store of sealed mail: check it against the database.",
    "keys": "Keys of stored mail: list, rotate.",
    "engines": "What each node says of its engines; findings to ignore.",
}
EXAMPLE = """\b
Examples:
  pratique tenant add acme
  pratique domain add acme.example --tenant acme --route smtp://mail.acme.example
  pratique up --smtp 0.0.0.0:25
"""


class PlainRefusal(click.ClickException):
    """A refusal as click reports it: one plain line on standard error, exit status 1."""

    def show(self, file: Any = None) -> None:
        click.echo(" ".join(self.format_message().split()), file=file, err=file is None)


class ReaderGone(Exception):
    """Nobody reads standard output any more. Not an OSError, because click ends those with status 1 itself."""


class FrontDoor(click.Group):
    """The group of all commands, each imported only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"pratique.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Refusal, SettingsError) as refusal:
            raise PlainRefusal(str(refusal)) from refusal
        except BrokenPipeError as error:
            raise ReaderGone from error
        except OSError as error:
            raise PlainRefusal(_said_plainly(error)) from error


@click.group(
    cls=FrontDoor,
    epilog=EXAMPLE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--data", type=click.Path(path_type=Path), help="Folder for everything local (PRATIQUE_DATA).")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file; otherwise ./pratique.toml.")
@click.version_option(package_name="pratique", message="pratique %(version)s")
@click.pass_context
def front_door(ctx: click.Context, data: Path | None, config: Path | None) -> None:
    """Pratique: the antivirus MX for the mail of many domains.

    Settings come from flags, from PRATIQUE_... variables, or from pratique.toml; docs/settings.md lists them.
    """
    ctx.meta[GIVEN_BEFORE] = {"data": data, "config": config}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    leave_no_core()
    # A command is short, and most of what it makes stays: few searches for garbage, and none at its end. The last one,
    # in everything imported, would take as long as a small command.
    gc.set_threshold(200_000)
    atexit.register(gc.freeze)
    try:
        status = front_door.main(arguments, prog_name="pratique", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except (ReaderGone, BrokenPipeError):
        # The interpreter flushes standard output once more at its end; there must be something to flush into.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _unexpected(error)
    return status if isinstance(status, int) else 0


def _unexpected(error: Exception) -> int:
    """The last resort: a bug, or a machine that behaves as nobody thought."""
    if os.environ.get("PRATIQUE_DEBUG", "0") not in ("", "0"):
        traceback.print_exception(error)
    words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    click.echo(f"Pratique met an error that it did not expect ({words}); PRATIQUE_DEBUG=1 shows more.", err=True)
    return 1


def _said_plainly(error: OSError) -> str:
    if error.strerror is None or error.filename is None:
        return str(error)
    return f"{os.fsdecode(error.filename)}: {error.strerror}."
