"""Encrypted documents in real cells: what decrypts them may open no file and load no module any more."""

import io
import random

import pypdf
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.cell.pool import CellPool
from mx.cell.report import CellReport
from mx.cell.wishes import Wishes
from mx.finding import Finding, Found
from tests.contracts import locked_office
from tests.contracts.disposing import spooled
from tests.contracts.mail import EICAR, base64_part, gzipped, message, text_part
from tests.corpus.formats.documents import ooxml, pdf_with_file

SECONDS = 20.0
PACKAGE = ooxml(more={b"word/a.bin": gzipped(EICAR), b"word/media/a.bin": random.Random(1).randbytes(9000)})


def locked_pdf(algorithm: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_with_file(gzipped(EICAR))))
    writer.encrypt("secret", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


DOCUMENTS = {
    "agile": locked_office.agile(PACKAGE, "secret"),
    "standard": locked_office.standard(PACKAGE, "secret"),
    "workbook": locked_office.workbook(EICAR, "secret"),
    "RC4": locked_pdf("RC4-128"),
    "AES": locked_pdf("AES-256"),
}


def names_of(report: CellReport) -> set[str]:
    found: list[Finding] = list(report.findings)
    found += [each for outcome in report.outcomes if isinstance(outcome, Found) for each in outcome.findings]
    return {each.name for each in found}


class LockedDocumentTests(TestCase):
    """One pool for all of them."""

    timeout = 200

    async def test_the_word_in_the_text_opens_each_of_them(self) -> None:
        """And without the word each is encrypted."""
        pool = CellPool(reactor, 1, deepen_seconds=None)
        pool.startService()
        self.addCleanup(pool.stopService)
        for name, document in DOCUMENTS.items():
            for text, wanted in ((b"The password is secret.\r\n", "EICAR"), (b"Good morning.\r\n", "encrypted.")):
                spool = spooled(message(text_part(text), base64_part(document)))
                try:
                    report = await pool.examine(spool, want_artifacts=False, seconds=SECONDS, wishes=Wishes(1))
                finally:
                    spool.close()
                assert any(each.startswith(wanted) for each in names_of(report)), (name, text, names_of(report))
