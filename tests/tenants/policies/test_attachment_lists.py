"""The ready-made lists: their form, what each must hold, and that the union is one."""

import re

import pytest

from tenants.policies.attachment_lists import LISTS


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_a_reason_and_well_formed_entries(name: str) -> None:
    """Lower case throughout: that is how they are compared."""
    listed = LISTS[name]
    assert listed.reason.endswith(".") and listed.endings
    assert all(re.fullmatch(r"[a-z0-9_-]{1,20}", ending) for ending in listed.endings)
    assert all(re.fullmatch(r"[a-z0-9./+-]{3,80}", each) for each in listed.declared | listed.types)


@pytest.mark.parametrize(
    ("name", "endings"),
    [
        ("executables", {"exe", "scr", "msi", "jar", "dll"}),
        ("scripts", {"js", "vbs", "ps1", "hta", "bat", "wsf"}),
        ("macro-capable", {"docm", "xlsm", "pptm", "xlsb"}),
        ("disk-images", {"iso", "img", "vhd", "vhdx", "dmg"}),
        ("shortcuts", {"lnk", "url", "scf"}),
        ("exchange-2007", {"ade", "xnk", "ps11xml"}),
        ("microsoft-365", {"ace", "z", "docm"}),
        ("gmail", {"ade", "vhd", "ex_"}),
        ("outlook", {"appref-ms", "pssc", "printerexport"}),
    ],
)
def test_what_each_is_known_for(name: str, endings: set[str]) -> None:
    """And all of it is in the union."""
    assert endings <= LISTS[name].endings <= LISTS["everything"].endings


def test_the_numbers_are_those_of_their_sources() -> None:
    """As published: 53 of Microsoft's, 51 of Gmail's, ten media types of Exchange's."""
    assert len(LISTS["microsoft-365"].endings) == 53
    assert len(LISTS["exchange-2007"].declared) == 10
    assert not LISTS["gmail"].endings & {"docx", "pdf", "zip"}
