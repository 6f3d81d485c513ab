"""The deep readers: all readers, those included that need libraries of others. Imported in deep cells alone.

A library that is not on this machine leaves its kinds out: they are unscannable, and `pratique engines` says so.
"""

from collections.abc import Mapping

from mx.anatomy.containers.contract import Reader
from mx.anatomy.kinds import Kind
from mx.anatomy.readers import LIGHT_READERS, Readers

_WITH_LIBRARIES: Mapping[Kind, Reader] = {}

DEEP_READERS = Readers({**LIGHT_READERS.by_kind, **_WITH_LIBRARIES}, is_deep=True)
