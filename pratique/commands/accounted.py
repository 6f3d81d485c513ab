"""`pratique accounted`: one line for each copy that is ours to keep: WHERE TENANT MESSAGE-ID RECIPIENT SUBJECT.

Fields are separated by single spaces and hold none themselves, but for the subject, which is the rest of the line;
`-` stands for nothing, control characters and spaces inside a field are written as escapes.
"""

import json

import click

from pratique.opening import reading
from pratique.options import json_option, with_settings
from pratique.printing import escaped, plain_value, word
from pratique.settings.settings import Settings
from tenants.accounted import AccountedCopy, accounted


@click.command(epilog="Example: pratique accounted | grep '^quarantine acme '")
@json_option
@with_settings()
def command(settings: Settings, as_json: bool) -> None:
    """One line for each message in queue or quarantine: WHERE TENANT MESSAGE-ID RECIPIENT SUBJECT."""
    with reading(settings) as session:
        copies = accounted(session)
        if not as_json:
            for copy in copies:
                click.echo(line(copy))
            return
        # Written copy by copy: there may be a million of them.
        separator = "["
        for copy in copies:
            click.echo(separator + json.dumps(plain_value(copy)), nl=False)
            separator = ",\n "
        click.echo("[]" if separator == "[" else "]")


def line(copy: AccountedCopy) -> str:
    """One copy's line, without its end."""
    fields = [copy.where, word(copy.tenant), word(copy.message_id), word(copy.recipient)]
    return " ".join([*fields, " ".join(escaped(copy.subject).split()) or "-"])
