"""Runs a coroutine that waits for nothing."""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def result_at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Its result; an error when it waits for anything."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")
