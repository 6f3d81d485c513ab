"""`Authentication-Results`: what was found out, as one header field. Pure.

Comes in: the answers. Goes out: a folded field without its last CRLF. Nothing that a stranger wrote stands in it but
domains and addresses, and of those only what needs no quoting.

Standards: RFC 8601 sections 2.2 and 2.7.
"""

import re
from collections.abc import Sequence

from mx.authentication.dkim import DkimAnswer
from mx.authentication.dmarc import DmarcAnswer
from mx.authentication.questions import Result
from mx.authentication.spf import SpfAnswer

_UNSAFE = re.compile(r"[^A-Za-z0-9!#$&'*+./@^_`{|}~-]")
_MOST_CHARACTERS = 255


def results_field(
    authserv_id: str, spf: SpfAnswer, reverse_path: str, dkim: Sequence[DkimAnswer], dmarc: DmarcAnswer
) -> str:
    """The field."""
    about = f"smtp.mailfrom={_safe(reverse_path)}" if reverse_path else f"smtp.helo={_safe(spf.domain)}"
    words = [f"spf={spf.result.value} {about}"]
    for each in dkim:
        reason = f' reason="{each.reason}"' if each.reason else ""
        about = f" header.d={_safe(each.domain)} header.s={_safe(each.selector)}" if each.domain else ""
        words.append(f"dkim={each.result.value}{reason}{about}")
    if not dkim:
        words.append(f"dkim={Result.NONE.value}")
    about = f" header.from={_safe(dmarc.domain)}" if dmarc.domain else ""
    words.append(f"dmarc={dmarc.result.value}{about}")
    return f"Authentication-Results: {authserv_id};\r\n\t" + ";\r\n\t".join(words)


def _safe(text: str) -> str:
    return _UNSAFE.sub("?", text)[:_MOST_CHARACTERS] or "?"
