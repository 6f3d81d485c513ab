"""The notice that stands where a part was taken out of a message: its text in the recipient's language, as a MIME part.

Comes in: the language of the tenant, the names of what was taken out, why, and the transaction's id. Goes out: one text
in UTF-8, and the header fields that it needs. Names are a stranger's text: they are cut, and lose control characters
and marks that turn the writing direction.

Standards: RFC 2045 sections 5 and 6 (7bit where the text is ASCII, else base64: the next hop need not offer 8BITMIME);
BCP 47 (RFC 4647 section 3.4: the most fitting of the languages there are, else English).
Failure: none.
Limits: MOST_NAMED names of 100 characters.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

MOST_NAMED = 20
_MOST_NAME_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language."""

    removed: str
    infected: str
    prohibited: str
    other: str
    kept: str


_ENGLISH = Words(
    "The following was removed from this message:",
    "It contains malicious software.",
    "Files of this kind are not allowed here.",
    "It could not be examined, or is suspicious.",
    "The complete message is kept in quarantine. Your administrator finds it there under this number:",
)
_LANGUAGES: dict[str, Words] = {
    "en": _ENGLISH,
    "de": Words(
        "Folgendes wurde aus dieser Nachricht entfernt:",
        "Es enthält Schadsoftware.",
        "Dateien dieser Art sind hier nicht zugelassen.",
        "Es konnte nicht untersucht werden oder ist verdächtig.",
        "Die vollständige Nachricht liegt in der Quarantäne. Ihre Administration findet sie dort unter dieser Nummer:",
    ),
    "fr": Words(
        "Les éléments suivants ont été retirés de ce message :",
        "Ils contiennent un logiciel malveillant.",
        "Les fichiers de ce type ne sont pas autorisés ici.",
        "Ils n'ont pas pu être examinés, ou sont suspects.",
        "Le message complet est conservé en quarantaine. Votre administrateur l'y trouve sous ce numéro :",
    ),
    "es": Words(
        "Se ha retirado de este mensaje lo siguiente:",
        "Contiene software malicioso.",
        "Aquí no se permiten archivos de este tipo.",
        "No se ha podido examinar o es sospechoso.",
        "El mensaje completo se conserva en cuarentena. Su administrador lo encontrará allí con este número:",
    ),
    "it": Words(
        "Da questo messaggio è stato rimosso quanto segue:",
        "Contiene software dannoso.",
        "I file di questo tipo non sono ammessi qui.",
        "Non è stato possibile esaminarlo, oppure è sospetto.",
        "Il messaggio completo è conservato in quarantena. L'amministratore lo trova lì con questo numero:",
    ),
    "pt-br": Words(
        "O seguinte foi removido desta mensagem:",
        "Contém software malicioso.",
        "Arquivos deste tipo não são permitidos aqui.",
        "Não foi possível examiná-lo, ou é suspeito.",
        "A mensagem completa está guardada em quarentena. O administrador a encontra lá com este número:",
    ),
    "ru": Words(
        "Из этого сообщения удалено следующее:",
        "Обнаружена вредоносная программа.",
        "Файлы такого типа здесь не разрешены.",
        "Проверка была невозможна, или содержимое подозрительно.",
        "Полное сообщение хранится в карантине. Администратор найдёт его там под этим номером:",
    ),
    "ja": Words(
        "このメッセージから次のものが取り除かれました。",
        "悪意のあるソフトウェアが含まれています。",
        "この種類のファイルは許可されていません。",
        "検査できなかったか、疑わしい内容です。",
        "元のメッセージ全体は隔離されています。管理者は次の番号で見つけることができます。",
    ),
    "ko": Words(
        "이 메시지에서 다음 항목이 제거되었습니다:",
        "악성 소프트웨어가 포함되어 있습니다.",
        "이 종류의 파일은 허용되지 않습니다.",
        "검사할 수 없었거나 의심스러운 내용입니다.",
        "전체 메시지는 격리 보관되어 있습니다. 관리자가 다음 번호로 찾을 수 있습니다:",
    ),
    "zh-hans": Words(
        "此邮件中的以下内容已被移除:",
        "其中含有恶意软件。",
        "此处不允许这种类型的文件。",
        "无法检查该内容,或其内容可疑。",
        "完整的邮件保存在隔离区中。管理员可凭以下编号找到它:",
    ),
    "zh-hant": Words(
        "此郵件中的下列內容已被移除:",
        "其中含有惡意軟體。",
        "此處不允許這種類型的檔案。",
        "無法檢查該內容,或其內容可疑。",
        "完整的郵件保存在隔離區中。管理員可憑下列編號找到它:",
    ),
}
_SAME = {
    "pt": "pt-br",
    "pt-pt": "pt-br",
    "zh": "zh-hans",
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
}
"""Tags whose readers are served best by another one of the table."""


@dataclass(frozen=True, slots=True)
class NoticePart:
    """The notice as a MIME part: its header fields without the empty line, and its body, with CRLF line ends."""

    header: bytes
    body: bytes


def words_for(language: str) -> Words:
    """The sentences in the most fitting language."""
    tag = language.lower()
    while tag:
        if (words := _LANGUAGES.get(_SAME.get(tag, tag))) is not None:
            return words
        tag = tag.rpartition("-")[0]
    return _ENGLISH


def notice_part(language: str, names: Sequence[str], reason: str, transaction: str) -> NoticePart:
    """The notice in place of parts of these names; `reason` is the word of the severity."""
    words = words_for(language)
    why = {"infected": words.infected, "prohibited": words.prohibited}.get(reason, words.other)
    shown = [_shown(name) for name in dict.fromkeys(names)]
    more = ["  ..."] if len(shown) > MOST_NAMED else []
    lines = [words.removed, "", *(f"  {name}" for name in shown[:MOST_NAMED]), *more, "", why, "", words.kept]
    text = "\r\n".join([*lines, f"  {transaction}", ""])
    if text.isascii():
        encoding, body = b"7bit", text.encode("ascii")
    else:
        encoding, body = b"base64", base64.encodebytes(text.encode("utf-8", "replace")).replace(b"\n", b"\r\n")
    header = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding + b"\r\n"
    return NoticePart(header, body)


def _shown(name: str) -> str:
    """The name in one line that shows what is there: nothing in it can break the line or turn it round."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name[:_MOST_NAME_CHARACTERS])
