"""What the benchmark measures: a load, and one system's figures under it."""

from dataclasses import dataclass, replace

from tests.bench.mail import MIXED

MIXED_MEAN_OCTETS = 400_000


@dataclass(frozen=True, slots=True)
class Load:
    """Messages of one size, or of the mixed corpus, so many at a time."""

    word: str
    """As `mail.py` takes it: a number of octets, or `mixed`."""
    concurrency: int

    @property
    def mean_octets(self) -> int:
        return MIXED_MEAN_OCTETS if self.word == MIXED else int(self.word)

    @property
    def size_words(self) -> str:
        """As people say it."""
        if self.word == MIXED:
            return "mixed corpus"
        octets = int(self.word)
        return f"{octets // 1_000_000} MB" if octets >= 1_000_000 else f"{round(octets / 1000)} KB"

    @property
    def words(self) -> str:
        return f"{self.size_words}, {self.concurrency} at a time"


@dataclass(frozen=True, slots=True)
class Figure:
    """One system under one load."""

    system: str
    promise: str
    """What its 250 means."""
    load: Load
    rate: float
    """Messages a second, until the sink has them all."""
    megabytes: float
    """A second."""
    cpu_ms: float
    """A message, of all the system's processes, clamd's left out."""
    clamd_ms: float
    latency_ms: tuple[float, ...]
    """The 50th, 95th and 99th percentile from connecting to the answer to the end of data."""
    peak_octets: int
    """Memory: of each kind of process the largest one's peak, added up."""
    refused: int

    @property
    def words(self) -> str:
        """One line for a terminal."""
        p50, p95, p99 = self.latency_ms
        return (
            f"{self.system:28}{self.rate:8.0f}/s{self.megabytes:8.1f} MB/s  cpu {self.cpu_ms:7.2f} ms"
            f"  clamd {self.clamd_ms:7.2f} ms  {p50:8.1f}{p95:9.1f}{p99:9.1f} ms  {self.peak_octets >> 20} MB"
        )

    def with_cost(self, cpu_ms: float, clamd_ms: float) -> "Figure":
        """The same with other costs."""
        return replace(self, cpu_ms=cpu_ms, clamd_ms=clamd_ms)
