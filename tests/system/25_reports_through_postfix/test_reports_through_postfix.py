"""Scenario: an author's Postfix in front, a tenant's behind: what the author asked to be told goes through (RFC 3461).

1. The author's program asks to be told of success, and names the envelope (ENVID) and whom the author wrote to (ORCPT).
   The tenant's server reports the delivery, with both, whether the letter went through in the session or out of the
   queue.
2. The tenant's server offers no DSN: the report is ours, says *relayed*, and the author's server delivers it.
3. The tenant's server refuses what was queued: the author gets a report of ours, with the letter or its header, as was
   asked for (RET); who asked for nothing ever (NOTIFY=NEVER) gets none.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

import pytest

from tests.servers.dns_servers import dns_servers
from tests.servers.gateway import Gateway, gateway
from tests.servers.mail_client import AUTHOR, connected, letter, message_id
from tests.servers.ports import HOST, free_port
from tests.servers.postfix_server import PostfixServer, sending_postfix, tenant_postfix
from tests.servers.program import ServerMissing, wait_until
from tests.servers.serving import TENANT, add_tenant

pytestmark = pytest.mark.system
USER, WRITTEN_TO = "user@tenant.example", "friend@former.example"
ZONES = {"sender.example": f'@ 60 TXT "v=spf1 ip4:{HOST} -all"\n'}
SUCCESS = "NOTIFY=SUCCESS,FAILURE"
TEXT = "Words of the body"


@dataclass(frozen=True, slots=True)
class Post:
    """The two real servers, and the gateway between."""

    author: PostfixServer
    one: Gateway
    tenant: PostfixServer

    def send(self, returned: str, *notify: str) -> str:
        """A letter; its mark, which is its ENVID as well."""
        mark = uuid4().hex
        with connected(self.author.port) as client:
            assert client.mail(AUTHOR, [f"RET={returned}", f"ENVID={mark}"])[0] == 250
            assert client.rcpt(USER, [*notify, f"ORCPT=rfc822;{WRITTEN_TO}"])[0] == 250
            assert client.data(letter(mark, TEXT))[0] == 250
        return mark

    def send_while_away(self, returned: str, *notify: str) -> str:
        """The same, while the tenant's server does not answer: it is queued."""
        mark = self.send(returned, *notify)
        wait_until(lambda: message_id(mark) in self.one.do("accounted"), "it is queued", 60)
        return mark

    def report(self, mark: str) -> tuple[EmailMessage, Mapping[str, str]]:
        """The report on this letter in the author's mailbox; and its fields, of both groups."""
        raw = self.author.wait_for("author", f"Original-Envelope-Id: {mark}".encode(), 60)
        message = message_from_bytes(raw, policy=policy.default)
        assert message.get_content_type() == "multipart/report"
        assert message["Return-Path"] == "<>"
        assert str(message["Auto-Submitted"]).startswith("auto-")
        _, status, _ = message.iter_parts()
        fields = {name.lower(): str(value) for group in status.iter_parts() for name, value in group.items()}
        return message, fields


@contextmanager
def offering_no_dsn(tenant: PostfixServer) -> Iterator[None]:
    tenant.change({"smtpd_discard_ehlo_keywords": "dsn"})
    try:
        yield
    finally:
        tenant.change({"smtpd_discard_ehlo_keywords": ""})


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    with ExitStack() as stack:
        port = free_port()
        submission = {"smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination"}
        try:
            host, resolver = stack.enter_context(dns_servers(ZONES, {}))
            author = stack.enter_context(sending_postfix(port, settings=submission))
            homewards = {"relayhost": f"[{HOST}]:{author.port}"}
            tenant = stack.enter_context(tenant_postfix(settings=homewards))
        except ServerMissing as missing:
            pytest.skip(f"no server: {missing}")
        settings = {"retry": "1s", "relay": f"smtp://{HOST}:{author.port}", "resolver": f"{host}:{resolver}"}
        one = stack.enter_context(gateway(settings, is_started=False))
        one.smtp_port = port
        add_tenant(one, TENANT, {"tenant.example": tenant.route})
        one.do("recipients", "source", "tenant.example", "accept-all")
        one.start()
        yield Post(author, one, tenant)


def is_about_what_was_written(fields: Mapping[str, str]) -> bool:
    return fields["original-recipient"].replace(" ", "") == f"rfc822;{WRITTEN_TO}"


def test_the_tenants_server_reports_what_it_delivered(post: Post) -> None:
    """NOTIFY, RET, ENVID and ORCPT of the author's server came to it."""
    _, fields = post.report(post.send("HDRS", SUCCESS))
    assert (fields["action"], fields["reporting-mta"]) == ("delivered", "dns; mx.tenant.example")
    assert is_about_what_was_written(fields)


def test_they_come_through_the_queue_as_well(post: Post) -> None:
    """They are kept with the copy."""
    post.tenant.stop()
    try:
        mark = post.send_while_away("HDRS", SUCCESS)
    finally:
        post.tenant.start()
    _, fields = post.report(mark)
    assert (fields["action"], fields["reporting-mta"]) == ("delivered", "dns; mx.tenant.example")
    assert is_about_what_was_written(fields)


def test_where_the_tenants_server_does_not_report_we_do(post: Post) -> None:
    """With the header of the letter, and no more."""
    with offering_no_dsn(post.tenant):
        message, fields = post.report(post.send("HDRS", SUCCESS))
    assert (fields["action"], fields["reporting-mta"]) == ("relayed", "dns; mx.pratique.example")
    assert is_about_what_was_written(fields)
    assert message["Auto-Submitted"] == "auto-replied"
    assert TEXT not in str(message)


@contextmanager
def refusing(tenant: PostfixServer) -> Iterator[None]:
    """It is stopped; begin with a server that refuses everybody."""
    tenant.change({"smtpd_recipient_restrictions": "reject"})
    try:
        yield
    finally:
        tenant.change({"smtpd_recipient_restrictions": ""})


def test_what_is_refused_later_comes_back(post: Post) -> None:
    """With as much of it as was asked for."""
    post.tenant.stop()
    letters = {post.send_while_away("FULL"): True, post.send_while_away("HDRS"): False}
    with refusing(post.tenant):
        for mark, is_whole in letters.items():
            message, fields = post.report(mark)
            assert (fields["action"], fields["reporting-mta"]) == ("failed", "dns; mx.pratique.example")
            assert is_about_what_was_written(fields)
            assert (TEXT in str(message)) is is_whole


def test_who_asks_for_no_report_ever_gets_none(post: Post) -> None:
    """Not even one that is later than another's, which was refused after it."""
    post.tenant.stop()
    never = post.send_while_away("FULL", "NOTIFY=NEVER")
    with refusing(post.tenant):
        wait_until(lambda: message_id(never) in post.one.do("quarantine", "list", "--json"), "it is held", 60)
        post.tenant.stop()
        later = post.send_while_away("HDRS")
        post.tenant.start()
        post.report(later)
    assert not [raw for raw in post.author.messages("author") if never.encode() in raw]
