"""Passwords to try on what is encrypted: the words of the message itself, since that is how they are sent, and a list.

Comes in: the texts of the message, in every reading, and the tenant's own list. Goes out: candidates, each once, the
likelier ones first: the tenant's, what stands behind a word for "password" or behind a colon, the words of short texts
that look like a password, then all words. Markup is taken out of HTML, and each word is tried with and without the
punctuation around it.

Limits: MOST_CANDIDATES, whatever the message holds. A reader tries them while `affordable` says so: two fifths of the
CPU seconds that the message has left, so that each further archive of a message has less, and none ends it.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from mx.anatomy.budget import Budget
from mx.anatomy.charsets import decode_charset
from mx.anatomy.containers.contract import Stretch
from mx.artifact import Artifact

Password = TypeVar("Password", str, bytes)
MOST_CANDIDATES = 400
_MOST_TEXT_OCTETS = 64 << 10
_MOST_PASSWORD_CHARACTERS = 128
_SHARE_OF_TIME = 0.4
_WORD = re.compile(r"\S{1,128}")
_AROUND = "\"'`.,:;!?()[]{}<>\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb\u2039\u203a\u300c\u300d\u3002\uff0c*_=~"
_TEXTS = ("text/plain", "text/html", "")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_LOOKS_LIKE_HTML = re.compile(r"<(?:html|body|p|br|div|b|span|td|a)\b[^<>]{0,2000}>", re.IGNORECASE)
_SAYS_PASSWORD = (
    "password", "passwd", "pass word", "passphrase", "passcode", "pass code", "pwd", "pw", "pin", "code", "key",
    "passwort", "kennwort", "losung", "schlüssel", "mot de passe", "mdp", "contraseña", "contrasena", "clave", "senha",
    "palavra-passe", "parola", "wachtwoord", "lösenord", "adgangskode", "passord", "salasana", "hasło", "haslo",
    "heslo", "jelszó", "jelszo", "parolă", "şifre", "sifre", "parole", "slaptažodis", "parool", "лозинка", "пароль",
    "парола", "код", "κωδικός", "סיסמה", "كلمة المرور", "كلمة السر", "पासवर्ड", "รหัสผ่าน", "mật khẩu", "kata sandi",
    "密码", "密碼", "口令", "解压码", "パスワード", "暗証番号", "비밀번호", "암호",
)  # fmt: skip
_CUE = re.compile(
    "(?:" + "|".join(re.escape(word) for word in sorted(_SAYS_PASSWORD, key=len, reverse=True)) + ")"
    # The rest of the line, or the next line that is not empty when only punctuation is left of this one.
    r"(?:[ \t]*[:：=.\-]*[ \t]*\r?\n\s{0,20})?(?P<rest>[^\r\n]{1,200})",
    re.IGNORECASE,
)
_CONNECTION = re.compile(r"[:：=→]|->|\b(?:is|was|ist|lautet|est|es|é|è|är|er|это|jest)\b|[は是为為]", re.IGNORECASE)
_BEHIND_COLON = re.compile(r"[:：=][ \t]*(?P<rest>[^\r\n:：=][^\r\n]{0,127})")
_QUOTED = re.compile("[\"'`“”„‘’«‹「]([^\"'`“”„‘’«»‹›「」\r\n]{1,128})[\"'`“”‘’»›」]")


def is_text(artifact: Artifact) -> bool:
    """Whether this artifact may tell a password: a text that is shown, or a header with its subject."""
    if artifact.reading == "headers":
        return True
    return artifact.declared_type in _TEXTS and artifact.reading in (
        "body",
        "part",
        "preamble",
        "epilogue",
        "tnef-body",
    )


def candidates(texts: Iterable[tuple[Stretch, str]], tenant_passwords: Sequence[str] = ()) -> tuple[str, ...]:
    """What to try, in order; each text comes with its declared charset."""
    shown = [text for content, charset in texts for text in _shown(content, charset)]
    found = dict.fromkeys(tenant_passwords)
    for search in (_behind_cues, _quoted, _odd_words, _behind_colons, _words):
        for text in shown:
            for word in search(text):
                if word and len(word) <= _MOST_PASSWORD_CHARACTERS:
                    found.setdefault(word)
                if len(found) >= MOST_CANDIDATES:
                    return tuple(found)
    return tuple(found)


def affordable(passwords: Sequence[Password], budget: Budget) -> Iterator[Password]:
    """These passwords, while there is time for them."""
    enough = budget.seconds_left * (1 - _SHARE_OF_TIME)
    for password in passwords:
        if budget.seconds_left < enough:
            return
        yield password


def _shown(content: Stretch, charset: str) -> Iterator[str]:
    """The text as people see it: without markup where there is markup."""
    raw = content.base[content.start : min(content.end, content.start + _MOST_TEXT_OCTETS)]
    text = decode_charset(raw, charset)
    if _LOOKS_LIKE_HTML.search(text):
        # Tags within a word and tags between words: both readings.
        yield html.unescape(_TAG.sub("", text))
        yield html.unescape(_TAG.sub("\n", text))
    else:
        yield text


def _behind_cues(text: str) -> Iterator[str]:
    """What follows a word for "password": behind the colon or the "is", then every word of that line."""
    for cue in _CUE.finditer(text):
        rest = cue["rest"]
        behind = _CONNECTION.split(rest, maxsplit=1)[-1].strip()
        for word in behind.split()[:1]:
            yield from _bare(word)
        yield from _bare(behind)
        for word in _CONNECTION.split(rest)[-1].split()[:1] + rest.split()[:6]:
            yield from _bare(word)


def _quoted(text: str) -> Iterator[str]:
    yield from _QUOTED.findall(text)


def _odd_words(text: str) -> Iterator[str]:
    """Words that are not of a language: digits or signs among letters, capitals within, digits alone."""
    for word in _WORD.findall(text):
        bare = word.strip(_AROUND)
        has_digit = any(character.isdigit() for character in bare)
        has_inner_capital = not bare.isupper() and bare[1:] != bare[1:].lower()
        if 3 <= len(bare) <= 32 and (has_digit or has_inner_capital) and "@" not in bare and "/" not in bare:
            yield from _bare(word)


def _behind_colons(text: str) -> Iterator[str]:
    for found in _BEHIND_COLON.finditer(text):
        yield from _bare(found["rest"].strip())


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        yield from _bare(word)


def _bare(word: str) -> tuple[str, ...]:
    """Without what stands around it, without it only at the end, and as it is."""
    return (word.strip(_AROUND), word.rstrip(".,;:!?"), word)
