"""`pratique scan` without its command line: real cells, on the real reactor."""

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.cell.spawn import spawn_nursery
from mx.examination import Examination
from mx.verdict import VerdictKind
from pratique.compose.scan import scan_files
from pratique.demo import EICAR
from pratique.settings.settings import Settings
from tenants.policies.policy import parse_policy
from tests.contracts.mail import attached, message, text_part


class ScanFiles(TestCase):
    """More files than cells, one of them not there."""

    async def test_answers_come_in_the_order_of_the_files(self) -> None:
        """Cells that were started before are used, and all are gone at the end."""
        with TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "clean").write_bytes(message(text_part()))
            (folder / "eicar").write_bytes(message(attached(EICAR.encode())))
            files = [folder / each for each in ("clean", "absent", "eicar", "clean")]
            started = [spawn_nursery()]
            processes = [process for process, _ in started]
            settings = Settings(data=folder, clamd=(), cells=1)
            results = await scan_files(settings, reactor, files, lambda: started.pop() if started else spawn_nursery())
        kinds = [result.verdict.kind if isinstance(result, Examination) else type(result) for result in results]
        assert kinds == [VerdictKind.CLEAN, FileNotFoundError, VerdictKind.INFECTED, VerdictKind.CLEAN]
        assert started == []
        assert processes[0].poll() is not None

    async def test_a_policys_attachment_rules_count(self) -> None:
        """As on the server; without a policy there is none."""
        with TemporaryDirectory() as name:
            file = Path(name) / "mail.eml"
            file.write_bytes(attached(b"x", b"setup.exe"))
            settings = Settings(data=Path(name), clamd=(), cells=1)
            policy = parse_policy({"attachments": "extension:exe=hold"})
            kinds = []
            for chosen in (None, policy):
                [result] = await scan_files(settings, reactor, [file], policy=chosen)
                assert isinstance(result, Examination)
                kinds.append(result.verdict.kind)
        assert kinds == [VerdictKind.CLEAN, VerdictKind.PROHIBITED]
