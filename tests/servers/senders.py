"""Several senders at work at once: each takes the next letter, and sends it until it is answered 250.

Comes in: how many letters, to whom each goes. Goes out: `taken`, the marks of those that were answered 250. Only that
answer counts: a letter whose connection was lost, or that was answered otherwise, is sent again, as a real sender's
queue does.
"""

import smtplib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from uuid import uuid4

from tests.servers.mail_client import letter, send
from tests.servers.program import wait_until

PAUSE_SECONDS = 0.05
ANSWER_SECONDS = 20.0


class Senders:
    """`count` letters and `threads` senders; made by `senders_at_work`."""

    def __init__(
        self, port: int, count: int, recipient_of: Callable[[int], str], letter_of: Callable[[str], bytes]
    ) -> None:
        self.taken: dict[str, str] = {}
        """Mark of each letter that was answered 250, with the recipient."""
        self.other_answers: list[str] = []
        """Refusals and lost connections, for the message of a test that fails."""
        self._port, self._letter_of = port, letter_of
        self._waiting: SimpleQueue[tuple[str, str]] = SimpleQueue()
        for number in range(count):
            self._waiting.put((f"{uuid4().hex}.{number}", recipient_of(number)))
        self._stopping = threading.Event()

    def wait_for_taken(self, count: int, seconds: float = 60.0) -> None:
        """Returns when so many letters were answered 250; raises TimeoutError after that time."""
        wait_until(lambda: len(self.taken) >= count, f"{count} letters are taken", seconds)

    def stop(self) -> None:
        """No further letter, and no further attempt."""
        self._stopping.set()

    def work(self) -> None:
        """One sender, until there is no letter left."""
        while not self._stopping.is_set():
            try:
                mark, recipient = self._waiting.get_nowait()
            except Empty:
                return
            if not self._is_taken(mark, recipient):
                self._waiting.put((mark, recipient))
                self._stopping.wait(PAUSE_SECONDS)

    def _is_taken(self, mark: str, recipient: str) -> bool:
        try:
            answer = send(self._port, self._letter_of(mark), [recipient], seconds=ANSWER_SECONDS)
        except (OSError, smtplib.SMTPException) as error:
            self.other_answers.append(repr(error))
            return False
        if answer.code == 250:
            self.taken[mark] = recipient
            return True
        self.other_answers.append(answer.line)
        return False


@contextmanager
def senders_at_work(
    port: int,
    count: int,
    recipient_of: Callable[[int], str],
    threads: int = 4,
    letter_of: Callable[[str], bytes] = letter,
) -> Iterator[Senders]:
    """Begins to send; at the end of the block waits until every sender has ended, or the block failed."""
    senders = Senders(port, count, recipient_of, letter_of)
    running = [threading.Thread(target=senders.work, daemon=True) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield senders
    except BaseException:
        senders.stop()
        raise
    finally:
        for thread in running:
            thread.join(60)
    assert not any(thread.is_alive() for thread in running), senders.other_answers[-10:]
