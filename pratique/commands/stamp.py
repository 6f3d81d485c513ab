"""`pratique stamp`: the key of this service's stamps, and whether the stamp of a message is good.

The key is asked of the DNS, unless `--key` gives it. Exit status 0 for a good stamp, 10 for any other.
"""

import base64
import binascii
import sys
import time
from pathlib import Path

import click

from mx.authentication.dkim import split_fields
from mx.authentication.dkim_canonical import BodyForm, hash_bodies
from mx.stamp.form import FIELD_NAME, BadStamp, Stamp, read_stamp
from mx.stamp.key_record import place_of_key, read_public_key
from mx.stamp.seal import Arrival, flaw_of
from pratique.dns_question import NoAnswer, ask_txt, system_resolver
from pratique.opening import make_data_folder
from pratique.options import with_settings
from pratique.secrets.stamp_key import open_signer, record_of
from pratique.settings.settings import Settings
from tenants.refusals import Refusal

EXIT_NOT_GOOD = 10
_SIMPLE = BodyForm(is_relaxed=False)


@click.group(epilog="Example: pratique stamp verify message.eml --from ann@s.example --to bob@acme.example")
def command() -> None:
    """Antivirus stamps: key, verify (docs/stamp.md)."""


@command.command("key", epilog="Example: pratique stamp key")
@with_settings()
def show_key(settings: Settings) -> None:
    """Print the DNS record with which others check this service's stamps."""
    make_data_folder(settings.data)
    click.echo(record_of(open_signer(settings.data, settings.service_domain)))


@command.command(
    "verify", epilog="Example: pratique stamp verify message.eml --from ann@s.example --to bob@acme.example"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "sender", default="", metavar="ADDRESS", help="The envelope's reverse-path; empty for none.")
@click.option("--to", "recipients", multiple=True, required=True, metavar="ADDRESS", help="Each of its recipients.")
@click.option("--key", "given_key", metavar="BASE64", help="The public key; otherwise the DNS is asked.")
@with_settings()
def verify(settings: Settings, file: Path, sender: str, recipients: tuple[str, ...], given_key: str | None) -> None:
    """Say whether the stamp on a message is good, and if not, why."""
    header, body, stamp = _stamped(file)
    public_key = _ask(stamp, settings) if given_key is None else _given(given_key)
    arrival = Arrival(header, sender, recipients, time.time())
    flaw = flaw_of(stamp, arrival, "", (stamp.domain,), public_key)
    made_at = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(stamp.made_at))
    why = flaw.value if flaw is not None else _change_of(body, stamp)
    click.echo(f"{stamp.domain}, {made_at}: {f'not good: {why}' if why else 'good'}")
    if why:
        sys.exit(EXIT_NOT_GOOD)


def _change_of(body: bytes, stamp: Stamp) -> str:
    """What is wrong with the body; parts that came through unchanged still save work where the stamp is read."""
    found = hash_bodies((body,), 0, (_SIMPLE,))[_SIMPLE].sha256
    return "" if found == stamp.body_hash else "the body has changed since"


def _stamped(file: Path) -> tuple[bytes, bytes, Stamp]:
    """Header without the stamp, body, stamp."""
    octets = file.read_bytes()
    octets = octets if b"\r\n" in octets else octets.replace(b"\n", b"\r\n")
    head, _, body = octets.partition(b"\r\n\r\n")
    fields = split_fields(head)
    own = [field for field in fields if field.partition(b":")[0].strip().lower() == FIELD_NAME.lower().encode()]
    if len(own) != 1:
        raise Refusal(f"{file} has {len(own) or 'no'} {FIELD_NAME} field{'s' * (len(own) != 1)}, and needs one.")
    try:
        return b"".join(field + b"\r\n" for field in fields if field is not own[0]), body, read_stamp(own[0])
    except BadStamp as error:
        raise Refusal(f"The stamp on {file} cannot be read: {error}.") from None


def _ask(stamp: Stamp, settings: Settings) -> bytes | None:
    try:
        texts = ask_txt(place_of_key(stamp), settings.resolver or system_resolver())
    except NoAnswer:
        return None
    return next((key for text in texts if (key := read_public_key(text.encode())) is not None), None)


def _given(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refusal("--key is not base64.") from None
