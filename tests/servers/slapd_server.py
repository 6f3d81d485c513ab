"""A real slapd with entries of our choice: a folder, configuration and ports of its own, nobody's system directory.

`fill` writes entries as `slapadd` does it, while the server is down. READER may read everything page by page, anybody
else the first 500; so a search that is not paged, or not allowed, is cut as big directories cut it.
"""

import base64
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.certificates import Certificate
from tests.servers.ports import free_port
from tests.servers.program import Program, find_program, server_folder

BASE = "dc=acme,dc=example"
READER = f"cn=reader,{BASE}"
PASSWORD = "s3cret-of-the-reader"
MODULES = tuple(
    Path(place) / "ldap" for place in ("/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")
)
SCHEMA = Path("/etc/ldap/schema/core.schema")
CONFIGURATION = """include {schema}
attributetype ( 1.2.840.113556.1.2.210 NAME 'proxyAddresses' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.4.651 NAME 'otherMailbox' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.99999.1 NAME 'mailPerson' SUP top STRUCTURAL MUST cn
  MAY ( mail $ proxyAddresses $ otherMailbox $ userPassword ) )
modulepath {modules}
moduleload back_mdb
pidfile {folder}/slapd.pid
{tls}
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
directory {folder}/data
maxsize 67108864
dbnosync
limits dn.exact="{reader}" size.soft=500 size.hard=500 size.pr=500 size.prtotal=unlimited
sizelimit 500
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""


class SlapdServer:
    """One slapd, which may be stopped, filled and started again at the same ports."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        self._certificate: Certificate | None = None
        self._program: Program | None = None

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def offer_tls(self, certificate: Certificate | None) -> None:
        """Show this certificate from the next start on; None: no TLS at all."""
        self._certificate = certificate

    def fill(self, people: Iterable[Mapping[str, Sequence[str]]]) -> None:
        """Have these entries, and READER's, in place of those of before. Restarts a server that runs."""
        was_running = self._program is not None
        self.stop()
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        (self.folder / "data").mkdir()
        configuration = self._configure()
        subprocess.run(
            [find_program("slapadd"), "-q", "-f", configuration],
            input=_ldif(people).encode(),
            check=True,
            capture_output=True,
        )
        if was_running:
            self.start()

    def start(self) -> None:
        configuration = self._configure()
        addresses = f"{self.url}/ {self.tls_url}/" if self._certificate else f"{self.url}/"
        command: list[str | Path] = [find_program("slapd"), "-d", "0", "-f", configuration, "-h", addresses]
        self._program = Program(command, self.folder / "slapd.out")
        self._program.wait_until_ready(self._listens, "slapd listens")

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()
            self._program = None

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def _configure(self) -> Path:
        file = self.folder / "slapd.conf"
        tls = ""
        if self._certificate is not None:
            tls = f"TLSCertificateFile {self._certificate.chain}\nTLSCertificateKeyFile {self._certificate.key}"
        modules = next((path for path in MODULES if (path / "back_mdb.so").exists()), MODULES[0])
        text = CONFIGURATION.format(
            schema=SCHEMA, modules=modules, folder=self.folder, tls=tls, base=BASE, reader=READER
        )
        file.write_text(text)
        return file


def _ldif(people: Iterable[Mapping[str, Sequence[str]]]) -> str:
    reader = {"cn": ["reader"], "userPassword": [PASSWORD]}
    root = f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: acme\no: acme\n"
    return "\n".join([root, *(_entry(number, each) for number, each in enumerate([reader, *people]))])


def _entry(number: int, attributes: Mapping[str, Sequence[str]]) -> str:
    name = attributes.get("cn", [f"person {number}"])[0]
    lines = [f"dn: cn={name},{BASE}", "objectClass: mailPerson", f"cn: {name}"]
    for attribute, values in attributes.items():
        if attribute != "cn":
            lines += [f"{attribute}:: {base64.b64encode(value.encode()).decode()}" for value in values]
    return "\n".join(lines) + "\n"


@contextmanager
def slapd_server() -> Iterator[SlapdServer]:
    """A started slapd."""
    find_program("slapd")
    with server_folder("slapd") as folder:
        server = SlapdServer(folder)
        try:
            server.fill([])
            server.start()
            yield server
        finally:
            server.stop()
