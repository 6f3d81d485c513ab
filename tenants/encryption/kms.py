"""AWS KMS as the keeper of the master key: asks it for a new wrapped key, and to unwrap one. Two requests, no more.

A key that KMS wrapped can be had again only from KMS, by whoever may use that KMS key, and for the same encryption
context; so a row with it, or a backup of that row, is of no use alone. It is asked when a process starts and when the
master key is rotated.

Standards: AWS Key Management Service API (GenerateDataKeyWithoutPlaintext, Decrypt); AWS Signature Version 4.
Failure: `KeyTrouble`, one plain sentence that names the KMS key and what KMS said in a word of its own
("AccessDenied"); never a credential, a token, or octets of a key. Silence, error 5xx and throttling are tried again.
Limits: TRIES times REQUEST_SECONDS for each step of a request; answers of at most 64 KB; no proxy, no redirect.
"""

import base64
import binascii
import http.client
import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from tenants.encryption.aws_signature import Credentials, Scope, signed_fields
from tenants.encryption.keys import KeyTrouble
from tenants.encryption.kms_key import KmsKey
from tenants.storage.blobs.segments import KEY_OCTETS

REQUEST_SECONDS = 3.0
TRIES = 3
_FIRST_PAUSE_SECONDS = 0.2
_MOST_OCTETS = 64 * 1024
_CONTEXT = {"pratique": "master-key"}
"""Bound to what is wrapped, and seen in the log that KMS keeps of its use."""
_AGAIN = frozenset(
    {"ThrottlingException", "LimitExceededException", "KMSInternalException", "DependencyTimeoutException"}
)
_WORD = re.compile(r"[A-Za-z]{1,64}")


class Kms:
    """One key of KMS. Safe to use from several threads."""

    def __init__(
        self,
        key: KmsKey,
        credentials: Callable[[], Credentials],
        *,
        request_seconds: float = REQUEST_SECONDS,
        tries: int = TRIES,
    ) -> None:
        """Speaks to nobody yet. `credentials` gives those of the moment, for each request; it may raise KeyTrouble."""
        self._key, self._credentials = key, credentials
        self._request_seconds, self._tries = request_seconds, tries

    def new_wrapped_key(self) -> bytes:
        """A new random key of 32 octets, wrapped; nobody has seen it yet. Raises KeyTrouble."""
        asked = {"NumberOfBytes": KEY_OCTETS}
        return self._octets(self._ask("GenerateDataKeyWithoutPlaintext", asked), "CiphertextBlob")

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key that was wrapped by this KMS key. Raises KeyTrouble."""
        asked = {"CiphertextBlob": base64.b64encode(wrapped).decode("ascii")}
        key = self._octets(self._ask("Decrypt", asked), "Plaintext")
        if len(key) != KEY_OCTETS:
            raise self._trouble("gave no key of 32 octets")
        return key

    def _octets(self, answer: Mapping[str, Any], name: str) -> bytes:
        try:
            return base64.b64decode(answer[name], validate=True)
        except (KeyError, TypeError, binascii.Error, ValueError):
            raise self._trouble("gave an answer that cannot be read") from None

    def _ask(self, action: str, asked: Mapping[str, object]) -> Mapping[str, Any]:
        body = json.dumps({"KeyId": self._key.key_id, "EncryptionContext": _CONTEXT, **asked}).encode()
        for tries_left in reversed(range(self._tries)):
            try:
                status, answer = self._exchange(action, body)
            except ssl.SSLCertVerificationError:
                raise self._trouble("shows a certificate that is not trusted") from None
            except (OSError, http.client.HTTPException) as error:
                said = "does not answer" if isinstance(error, TimeoutError) else f"cannot be asked: {_reason(error)}"
                if not tries_left:
                    raise self._trouble(said) from None
            else:
                if status == HTTPStatus.OK:
                    return answer
                word = _word(answer)
                if not tries_left or not (status >= HTTPStatus.INTERNAL_SERVER_ERROR or word in _AGAIN):
                    raise self._trouble(f"refuses {action}: {status}{f' {word}' if word else ''}")
            time.sleep(_FIRST_PAUSE_SECONDS * 2 ** (self._tries - 1 - tries_left))
        raise AssertionError("the last try answers or raises")

    def _exchange(self, action: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
        place = urlsplit(self._key.endpoint)
        fields = {
            "host": place.netloc,
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"TrentService.{action}",
        }
        scope = Scope(self._key.region, "kms")
        fields = signed_fields("POST", "/", fields, body, self._credentials(), scope, datetime.now(UTC))
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.hostname or "", place.port, timeout=self._request_seconds)
        try:
            connection.request("POST", "/", body, fields)
            response = connection.getresponse()
            return response.status, _document(response.read(_MOST_OCTETS))
        finally:
            connection.close()

    def _trouble(self, said: str) -> KeyTrouble:
        return KeyTrouble(f"The master key cannot be had: KMS for {self._key.key_id} {said}.")


def _document(octets: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(octets)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _word(answer: Mapping[str, Any]) -> str:
    """What KMS calls the error; its sentence is left out, because it may quote the request."""
    word = str(answer.get("__type", "")).rpartition("#")[2]
    return word if _WORD.fullmatch(word) else ""


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
