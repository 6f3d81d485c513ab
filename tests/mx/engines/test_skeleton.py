"""The engine to copy. Its test is the one to copy, too."""

from twisted.trial.unittest import TestCase

from mx.engines.contract import Engine
from mx.engines.skeleton import MARK, Skeleton
from tests.contracts.engine import EngineContract


class TestSkeleton(EngineContract, TestCase):
    """All that is asked of an engine which asks nobody else."""

    found = MARK

    def engine(self) -> Engine:
        return Skeleton()
