"""The signature of a request to Amazon's services (Signature Version 4). Pure.

Comes in: the request, credentials, region, service, and the time. Goes out: the header fields to send with it, the
signature among them. Only what our one caller needs: POST or GET of a path without a query, a body in memory.

Standards: AWS Signature Version 4; RFC 2104 (HMAC).
Failure: none; wrong credentials are found out by the service.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

_ALGORITHM = "AWS4-HMAC-SHA256"
_END = "aws4_request"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks. What is secret is not shown."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is good for: one day, region and service."""

    region: str
    service: str

    def on(self, at: datetime) -> str:
        """As it is written into the signature."""
        return f"{at:%Y%m%d}/{self.region}/{self.service}/{_END}"


def signed_fields(
    method: str,
    path: str,
    fields: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    scope: Scope,
    at: datetime,
) -> dict[str, str]:
    """`fields` (Host among them, names in lower case) with those that sign them. `at`: now, in UTC."""
    moment = f"{at:%Y%m%dT%H%M%SZ}"
    signed = {**fields, "x-amz-date": moment}
    if credentials.session_token is not None:
        signed["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in sorted(signed))
    canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{_ALGORITHM}\n{moment}\n{scope.on(at)}\n{digest}"
    signature = hmac.new(signing_key(credentials, scope, at), to_sign.encode(), hashlib.sha256).hexdigest()
    who = f"Credential={credentials.access_key_id}/{scope.on(at)}"
    return signed | {"authorization": f"{_ALGORITHM} {who}, SignedHeaders={names}, Signature={signature}"}


def signing_key(credentials: Credentials, scope: Scope, at: datetime) -> bytes:
    """The key of one day, region and service, made from the secret."""
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope.on(at).split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
