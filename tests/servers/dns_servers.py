"""A real DNS of its own: Knot DNS, which signs zones, and Unbound, which validates what it says and is asked by tests.

`secure` zones are signed, and Unbound knows their keys; of others it can vouch for nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.query
from dns.exception import DNSException
from dns.rdatatype import DNSKEY

from tests.servers.ports import HOST, free_port
from tests.servers.program import Program, find_program, server_folder

KNOT = """\
server:
    rundir: {folder}
    listen: {host}@{port}
database:
    storage: {folder}
log:
  - target: stderr
    any: warning
policy:
  - id: sign
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: {folder}
zone:
"""
UNBOUND = """\
server:
    interface: {host}@{port}
    do-daemonize: no
    chroot: ""
    username: ""
    directory: {folder}
    pidfile: ""
    use-syslog: no
    num-threads: 1
    do-ip6: no
    do-not-query-localhost: no
    module-config: "validator iterator"
remote-control:
    control-enable: no
"""
SOA = "@ 60 SOA ns hostmaster 1 60 60 60 60\n@ 60 NS ns\nns 60 A 127.0.0.1\n"


@contextmanager
def dns_servers(secure: Mapping[str, str], others: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Address and port of the resolver; each zone by its name, with records in the form of a zone file."""
    knotd, unbound = find_program("knotd"), find_program("unbound")
    with server_folder("dns") as folder:
        knot_port = free_port()
        _write_knot(folder, knot_port, secure, others)
        knot = Program([knotd, "-c", folder / "knot.conf"], folder / "knot.log")
        try:
            knot.wait_until_ready(lambda: all(_key(knot_port, zone) for zone in secure), "Knot has signed", 30.0)
            port = free_port()
            anchors = [_key(knot_port, zone) for zone in secure]
            _write_unbound(folder, port, knot_port, [*secure, *others], anchors)
            resolver = Program([unbound, "-c", folder / "unbound.conf"], folder / "unbound.log")
            try:
                resolver.wait_until_ready(lambda: _answers(port, next(iter(secure))), "Unbound answers", 30.0)
                yield HOST, port
            finally:
                resolver.stop()
        finally:
            knot.stop()


def _write_knot(folder: Path, port: int, secure: Mapping[str, str], others: Mapping[str, str]) -> None:
    conf = KNOT.format(folder=folder, host=HOST, port=port)
    for zone, records in {**secure, **others}.items():
        (folder / f"{zone}.zone").write_text(SOA + records)
        signing = "    dnssec-signing: on\n    dnssec-policy: sign\n" if zone in secure else ""
        conf += f"  - domain: {zone}\n    file: {zone}.zone\n"
        conf += f"    zonefile-sync: -1\n    zonefile-load: difference\n{signing}"
    (folder / "knot.conf").write_text(conf)


def _write_unbound(folder: Path, port: int, knot_port: int, zones: list[str], anchors: list[str]) -> None:
    conf = UNBOUND.format(folder=folder, host=HOST, port=port)
    anchored = "".join(f'    trust-anchor: "{anchor}"\n' for anchor in anchors)
    conf = conf.replace("remote-control:", f"{anchored}remote-control:")
    for zone in zones:
        conf += f'stub-zone:\n    name: "{zone}"\n    stub-addr: {HOST}@{knot_port}\n'
    (folder / "unbound.conf").write_text(conf)


def _key(port: int, zone: str) -> str:
    """The zone's public key as a record, once it is there."""
    answer = _ask(port, zone, "DNSKEY")
    found = [] if answer is None else [each for each in answer.answer if each.rdtype == DNSKEY]
    return f"{zone}. DNSKEY {found[0][0].to_text()}" if found else ""


def _answers(port: int, zone: str) -> bool:
    answer = _ask(port, zone, "SOA")
    return answer is not None and bool(answer.answer)


def _ask(port: int, name: str, kind: str) -> dns.message.Message | None:
    try:
        return dns.query.udp(dns.message.make_query(name, kind, want_dnssec=True), HOST, 1.0, port)
    except (DNSException, OSError):
        return None
