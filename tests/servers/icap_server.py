"""A real c-icap with its virus_scan module, which asks a clamd of the tests. Private folder, configuration and port.

`url` is what PRATIQUE_ICAP takes. What is larger than MAX_OBJECT_OCTETS the module lets pass without looking at it.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.clamd_server import ClamdServer
from tests.servers.ports import free_port
from tests.servers.program import Program, ServerMissing, find_program, server_folder

MODULES = tuple(
    Path(place) / "c_icap" for place in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")
)
MAX_OBJECT_OCTETS = 5 << 20
CONFIGURATION = """PidFile {folder}/c-icap.pid
CommandsSocket {folder}/c-icap.ctl
Timeout 30
MaxKeepAliveRequests 100
KeepAliveTimeout 30
StartServers 1
MaxServers 2
MinSpareThreads 5
MaxSpareThreads 10
ThreadsPerChild 10
Port 127.0.0.1:{port}
{identity}
ServerAdmin postmaster@service.example
ServerName icap.service.example
TmpDir {folder}
MaxMemObject 131072
DebugLevel 1
ModulesDir {modules}
ServicesDir {modules}
TemplateDir /usr/share/c_icap/templates/
TemplateDefaultLanguage en
LoadMagicFile /etc/c-icap/c-icap.magic
ServerLog {folder}/server.log
AccessLog {folder}/access.log
Service echo srv_echo.so
Service antivirus_module virus_scan.so
ServiceAlias avscan virus_scan?allow204=on&mode=simple
virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG MSOFFICE
virus_scan.SendPercentData 0
virus_scan.StartSendPercentDataAfter 2M
virus_scan.MaxObjectSize {most}
virus_scan.DefaultEngine clamd
Module common clamd_mod.so
clamd_mod.ClamdSocket {clamd}
"""


class IcapServer:
    """One c-icap."""

    def __init__(self, folder: Path, clamd: ClamdServer) -> None:
        self.folder, self.port = folder, free_port()
        modules = next((path for path in MODULES if (path / "virus_scan.so").exists()), None)
        if modules is None:
            raise ServerMissing("c-icap's virus_scan module is not installed")
        identity = "User nobody\nGroup nogroup" if os.getuid() == 0 else ""
        text = CONFIGURATION.format(
            folder=folder,
            port=self.port,
            identity=identity,
            modules=modules,
            most=MAX_OBJECT_OCTETS,
            clamd=clamd.socket_path,
        )
        self._configuration = folder / "c-icap.conf"
        self._configuration.write_text(text)
        self._program: Program | None = None

    @property
    def url(self) -> str:
        return f"icap://127.0.0.1:{self.port}/avscan"

    def start(self) -> None:
        command = [find_program("c-icap"), "-N", "-f", self._configuration]
        self._program = Program(command, self.folder / "c-icap.out")
        self._program.wait_until_ready(self.answers, "c-icap answers OPTIONS")

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def answers(self) -> bool:
        """Whether OPTIONS is answered within a second."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(f"OPTIONS {self.url} ICAP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
                return connection.recv(12).startswith(b"ICAP/1.0 200")
        except OSError:
            return False


@contextmanager
def icap_server(clamd: ClamdServer) -> Iterator[IcapServer]:
    """A started c-icap."""
    find_program("c-icap")
    with server_folder("c-icap", "nobody" if os.getuid() == 0 else None) as folder:
        server = IcapServer(folder, clamd)
        try:
            server.start()
            yield server
        finally:
            server.stop()
