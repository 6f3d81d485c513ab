"""What is said to a directory: StartTLS, who asks, and the search, page by page.

Comes in: a `Directory`, a domain. Goes out: `People`: the whole answer; half of one is none.
The octets are those of sansldap, which does no I/O of its own. It blocks, and belongs in a thread.

Paging is required of the server (the control is critical): one that cannot page would give the first thousand, and the
others would be refused as unknown. References to other servers are never followed: where they lead, and with which
password, would be the directory's choice.

Standards: RFC 4511 (messages; sections 4.2 bind, 4.5 search, 4.14 StartTLS), RFC 4513 section 5.1.2 (a name without a
password would be taken for anybody: never sent), RFC 2696 (paged results).
Failure: `LdapTrouble` with one plain sentence, whatever the server sends; neither it nor a log holds the password.
Limits: PAGE_ENTRIES a page, MOST_ENTRIES in all, MOST_MESSAGE_OCTETS a message; time and octets: `connection.py`.
"""

from dataclasses import dataclass
from typing import NoReturn

from sansldap import (
    BindResponse,
    ExtendedOperations,
    ExtendedResponse,
    LDAPClient,
    LDAPError,
    LDAPFilter,
    LDAPMessage,
    LDAPResult,
    LDAPResultCode,
    PagedResultControl,
    SearchResultDone,
    SearchResultEntry,
)

from mx.ldap.connection import Connection, LdapTrouble, Surroundings, connected
from mx.ldap.people import ATTRIBUTES, People, shown
from mx.ldap.place import parse_place
from tenants.recipients.directories import Directory
from tenants.refusals import Refusal

PAGE_ENTRIES = 500
MOST_ENTRIES = 500_000
MOST_MESSAGE_OCTETS = 4 * 1024**2
_MOST_FILTER_LETTERS = 2000
_MOST_FILTER_DEPTH = 20
_MOST_SAID = 200


def parse_filter(text: str) -> LDAPFilter:
    """The filter that a text means (RFC 4515). Raises Refusal."""
    if len(text) > _MOST_FILTER_LETTERS or text.count("(") > _MOST_FILTER_DEPTH * 5:
        raise Refusal("The filter is too long.")
    try:
        return LDAPFilter.from_string(text)
    except (ValueError, IndexError, RecursionError):
        raise Refusal(f"{shown(text, 100)!r} is no LDAP filter, such as (mail=*).") from None


def read_people(directory: Directory, domain: str, around: Surroundings) -> People:
    """Everybody of the domain whom the directory names. Raises LdapTrouble."""
    place = parse_place(directory.url)
    with connected(place, around) as connection:
        if place.is_tls:
            connection.begin_tls(place.host, directory.authorities)
        talk = _Talk(LDAPClient(), connection)
        if directory.starttls:
            talk.start_tls(place.host, directory.authorities)
        if directory.bind_dn:
            talk.bind(directory.bind_dn, directory.password)
        return talk.search(directory, domain)


@dataclass(slots=True)
class _Talk:
    """One conversation. sansldap keeps what has come in part."""

    session: LDAPClient
    connection: Connection
    waiting_octets: int = 0
    """Since the last message that was whole."""

    def start_tls(self, host: str, authorities: str) -> None:
        """Nothing is said in plain text but this question."""
        self.session.extended_request(ExtendedOperations.LDAP_START_TLS.value)
        answer = self._exchange()[0]
        if not isinstance(answer, ExtendedResponse) or answer.result.result_code != LDAPResultCode.SUCCESS:
            raise LdapTrouble("The directory does not offer StartTLS. Use ldaps://, or --plain if that is meant.")
        self.connection.begin_tls(host, authorities)
        # What somebody put behind the answer in plain text is forgotten with the session that it came in.
        self.session = LDAPClient()

    def bind(self, name: str, password: str) -> None:
        """Say who asks."""
        self.session.bind_simple(name, password)
        answer = self._exchange()[0]
        if not isinstance(answer, BindResponse):
            raise LdapTrouble("The directory answered something else than what it was asked.")
        if answer.result.result_code == LDAPResultCode.INVALID_CREDENTIALS:
            raise LdapTrouble("The directory does not know this name and password.")
        if answer.result.result_code != LDAPResultCode.SUCCESS:
            _refused("would not have us", answer.result)

    def search(self, directory: Directory, domain: str) -> People:
        """Ask for page after page."""
        people, entries, cookie = People(domain), 0, b""
        wanted = parse_filter(directory.filter)
        while True:
            self.session.search_request(
                directory.base,
                filter=wanted,
                attributes=list(ATTRIBUTES),
                controls=[PagedResultControl(critical=True, size=PAGE_ENTRIES, cookie=cookie)],
            )
            done = None
            while done is None:
                for message in self._exchange():
                    if isinstance(message, SearchResultEntry):
                        entries += 1
                        people.take(message.object_name, {each.name: each.values for each in message.attributes})
                    elif isinstance(message, SearchResultDone):
                        done = message
                if entries > MOST_ENTRIES:
                    raise LdapTrouble(f"The directory gave more than {MOST_ENTRIES} entries.")
            cookie = _cookie_of(done)
            if not cookie:
                return people

    def _exchange(self) -> list[LDAPMessage]:
        """Send what there is to send; the next messages, at least one. Raises LdapTrouble."""
        if octets := self.session.data_to_send():
            self.connection.send(octets)
        while True:
            octets = self.connection.receive()
            try:
                messages = self.session.receive(octets)
            except (LDAPError, ValueError, LookupError, RecursionError) as error:
                raise LdapTrouble(f"The directory speaks no LDAP: {shown(str(error), _MOST_SAID)}.") from None
            self.waiting_octets = 0 if messages else self.waiting_octets + len(octets)
            if self.waiting_octets > MOST_MESSAGE_OCTETS:
                raise LdapTrouble(f"The directory sent an entry of more than {MOST_MESSAGE_OCTETS} octets.")
            if messages:
                return messages


def _cookie_of(done: SearchResultDone) -> bytes:
    """Where the next page begins; empty after the last. Raises LdapTrouble."""
    if done.result.result_code == LDAPResultCode.UNAVAILABLE_CRITICAL_EXTENSION:
        raise LdapTrouble("The directory cannot give its answer in pages (RFC 2696), so it might not be whole.")
    if done.result.result_code != LDAPResultCode.SUCCESS:
        _refused("did not answer the search", done.result)
    for control in done.controls or ():
        if isinstance(control, PagedResultControl):
            return control.cookie
    raise LdapTrouble("The directory did not say whether its answer is whole.")


def _refused(how: str, result: LDAPResult) -> NoReturn:
    name = getattr(result.result_code, "name", str(result.result_code)).lower().replace("_", " ")
    said = shown(result.diagnostics_message, _MOST_SAID).strip()
    raise LdapTrouble(f"The directory {how}: {name}{f' ({said})' if said else ''}.")
