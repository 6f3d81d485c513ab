"""The filter program, run as the kernel would."""

import struct

import pytest

from mx.cell.system_calls import ARCHITECTURES, Architecture, filter_program

ALLOW, REFUSE = 0x7FFF_0000, 0x0005_0001


def verdict(program: bytes, architecture: int, call: int, argument: int = 0) -> int:
    """What the program returns for a call: its few instructions, carried out."""
    facts = struct.pack("<IIQQ", call, architecture, 0, argument)
    place, loaded = 0, 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("HBBI", program, place * 8)
        place += 1
        if code == 0x20:
            (loaded,) = struct.unpack_from("<I", facts, value)
        elif code == 0x15:
            place += if_true if loaded == value else if_false
        else:
            assert code == 0x06
            return int(value)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_what_is_listed_is_allowed_and_nothing_else(machine: str) -> None:
    """Every number up to 1,000, and those of another architecture."""
    architecture = ARCHITECTURES[machine]
    program = filter_program(architecture)
    listed = {*architecture.allowed.values(), architecture.prlimit64}
    allowed = {call for call in range(1000) if verdict(program, architecture.token, call) == ALLOW}
    assert allowed == listed
    assert verdict(program, architecture.token, 0x4000_0000) == REFUSE
    assert all(verdict(program, 0x4000_0003, call) == REFUSE for call in listed)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_limits_are_a_process_own(machine: str) -> None:
    """prlimit64 with any other process id is refused."""
    architecture = ARCHITECTURES[machine]
    program = filter_program(architecture)
    assert verdict(program, architecture.token, architecture.prlimit64, 0) == ALLOW
    assert {verdict(program, architecture.token, architecture.prlimit64, pid) for pid in (1, 4711, 2**31)} == {REFUSE}


def test_no_number_is_there_twice() -> None:
    """A slip of the pen would allow a call that nobody meant."""
    for architecture in ARCHITECTURES.values():
        assert len(set(architecture.allowed.values())) == len(architecture.allowed)


def test_the_program_holds_as_many_calls_as_its_jumps_reach() -> None:
    """A jump is one octet."""
    longest = Architecture(1, {str(number): number for number in range(249)}, 600, 0)
    assert verdict(filter_program(longest), 1, 0) == ALLOW
    assert verdict(filter_program(longest), 2, 0) == REFUSE
