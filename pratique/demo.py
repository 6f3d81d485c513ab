"""The demonstration of `pratique up --demo`: a tenant, its mailbox, and sample mail sent through the real door.

The mailbox is a mail server on loopback, made of our own SMTP session, that writes what it takes as files into
`demo-mailbox` in the data folder. Nothing leaves this machine.
"""

import io
import smtplib
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from socket import socket
from typing import Any

import click
from sqlalchemy.orm import Session
from twisted.internet.threads import deferToThread

from mx import reply
from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.reply import Reply
from mx.smtp.extensions import MailParameters
from mx.smtp.limits import Limits
from mx.smtp.listener import SmtpListener
from mx.spool import Spool
from portal.site import sign_in_address
from pratique.clock.service_clock import service_time
from pratique.opening import Opened, opened
from pratique.processes.listening import listen
from pratique.settings.settings import Address, Settings
from tenants.customers.accounts import Role, add_user
from tenants.customers.book import add_tenant, tenant_named
from tenants.customers.sign_in import make_link
from tenants.domains.book import add_domain, set_routes
from tenants.refusals import NotFound
from tenants.storage.viewpoint import Reader

TENANT, DOMAIN = "demo", "demo.example"
READER = f"you@{DOMAIN}"
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The test string of the European Institute for Computer Antivirus Research: harmless, and found by every scanner."""


async def show_demo(settings: Settings, reactor: Any, smtp: tuple[str, int]) -> None:
    """Set the tenant up, send the samples, and tell what became of each."""
    mailbox = listen(Address("127.0.0.1", 0))
    folder = settings.data / "demo-mailbox"
    folder.mkdir(mode=0o700, exist_ok=True)
    start_mailbox(reactor, mailbox, folder)
    link = await deferToThread(_set_up, settings, mailbox.getsockname()[1])
    click.echo("\nSample mail, sent to this service over SMTP:")
    for title, message in samples():
        answer = await deferToThread(_send, smtp, message)
        click.echo(f"  {title:<36} {answer}")
    click.echo(f"\nWhat was let through is in {folder}.")
    click.echo(f"What was kept waits in the portal. Sign in with this link, once, within 30 minutes:\n  {link}\n")
    click.echo("Stop with Ctrl-C.")


def samples() -> list[tuple[str, EmailMessage]]:
    """A clean message, EICAR, and EICAR in a zip in a zip."""
    inner = _zipped("eicar.com", EICAR.encode("ascii"))
    return [
        ("a clean message", _message("Minutes of the meeting", "See you on Thursday.\n")),
        ("the EICAR test file attached", _message("Invoice", "Please pay.\n", "eicar.com", EICAR.encode("ascii"))),
        ("EICAR in a zip in a zip", _message("Photos", "As promised.\n", "photos.zip", _zipped("inner.zip", inner))),
    ]


def _message(subject: str, text: str, name: str = "", attachment: bytes = b"") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "anna@sender.example", READER, subject
    message["Date"] = datetime.now(UTC)
    message.set_content(text)
    if name:
        message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename=name)
    return message


def _zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def _send(smtp: tuple[str, int], message: EmailMessage) -> str:
    """In a thread: send one message as any mail server would, and say how it was answered."""
    with smtplib.SMTP(*smtp, timeout=60) as client:
        client.ehlo("sender.example")
        for code, text in (client.mail("anna@sender.example"), client.rcpt(READER)):
            if code >= 400:
                return f"{code} {text.decode('ascii', 'replace')}"
        try:
            code, text = client.data(message.as_bytes(policy=SMTP))
        except smtplib.SMTPDataError as refusal:
            return f"{refusal.smtp_code} {refusal.smtp_error!r}"
    return f"{code} {text.decode('ascii', 'replace')}"


def _set_up(settings: Settings, mailbox_port: int) -> str:
    """In a thread: the tenant with its domain and reader, and a sign-in link."""
    now = service_time(settings.data)
    with opened(settings) as parts, parts.database.unit_of_work(Reader.OPERATOR) as session:
        _add_tenant(session, parts, settings, f"smtp://127.0.0.1:{mailbox_port}", now)
        return sign_in_address(settings.portal_url, make_link(session, email=READER, now=now))


def _add_tenant(session: Session, parts: Opened, settings: Settings, route: str, now: datetime) -> None:
    try:
        tenant = tenant_named(session, TENANT)
        set_routes(session, tenant_id=tenant.id, name=DOMAIN, routes=(route,))
    except NotFound:
        tenant = add_tenant(session, parts.keyring, name=TENANT, now=now)
        service = settings.service_domain
        add_domain(
            session, tenant_id=tenant.id, name=DOMAIN, routes=(route,), service=service, verified_at=now, now=now
        )
    add_user(session, tenant_id=tenant.id, email=READER, role=Role.OWNER, now=now)


def start_mailbox(reactor: Any, sock: socket, folder: Path) -> SmtpListener:
    """A mail server on this socket that writes what it takes into the folder."""
    listener = SmtpListener(reactor, [sock], lambda: Mailbox(folder), None, Limits(), "mailbox.demo.example")
    listener.startService()
    reactor.addSystemEventTrigger("before", "shutdown", listener.stopService)
    return listener


class Mailbox:
    """The conversation of a server that takes everything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def mail(self, client: Client, reverse_path: ReversePath, parameters: MailParameters) -> Reply:
        return reply.SENDER_OK

    async def recipient(self, recipient: Recipient, accepted: Sequence[Recipient]) -> Reply:
        return reply.RECIPIENT_OK

    def begin_data(self) -> Reply | Spool:
        return Spool()

    async def message(self, envelope: Envelope, spool: Spool) -> Reply:
        """One file for each message."""
        with (self._folder / f"{envelope.transaction}.eml").open("wb") as out:
            out.writelines(spool.chunks())
        spool.close()
        return reply.message_taken(envelope.transaction)

    def reset(self) -> None:
        return

    def lost(self) -> None:
        return
