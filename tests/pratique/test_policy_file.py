"""A policy as a file."""

from pathlib import Path

import pytest

from pratique.policy_file import MOST_OCTETS, read_policy_file
from tenants.refusals import Refusal


def test_entries_are_read_as_they_stand(tmp_path: Path) -> None:
    """Whether they are a policy's is for the policy to say."""
    file = tmp_path / "policy.json"
    file.write_text('{"encrypted": "hold", "x": 1}')
    assert read_policy_file(file) == {"encrypted": "hold", "x": 1}


@pytest.mark.parametrize(
    ("octets", "line"),
    [
        (b"", "is not JSON: Expecting value"),
        (b"\xff\xfe{", "is not JSON: "),
        (b"[1]", "is not a policy: it looks like"),
        (b"[" * 100_000, "is not JSON: "),
        (b" " * (MOST_OCTETS + 1), "is not a policy: it looks like"),
    ],
)
def test_what_is_no_policy_is_refused(tmp_path: Path, octets: bytes, line: str) -> None:
    """In one line that names the file."""
    file = tmp_path / "policy.json"
    file.write_bytes(octets)
    with pytest.raises(Refusal) as refused:
        read_policy_file(file)
    assert str(refused.value).startswith(f"The policy file {file} {line}")


def test_a_file_that_cannot_be_read_is_the_systems_error(tmp_path: Path) -> None:
    """The command line says it plainly."""
    with pytest.raises(FileNotFoundError):
        read_policy_file(tmp_path / "none")
