"""Which key of AWS KMS keeps the master key: `kms://KEY?region=...&endpoint=...`. Pure.

Comes in: the text of `PRATIQUE_MASTER_KEY`, and the region that the environment names. Goes out: a KmsKey.

Failure: ValueError whose text completes a sentence that begins with the setting's name and value.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

SCHEME = "kms://"
_KEY = re.compile(r"[A-Za-z0-9:/_-]{1,512}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KmsKey:
    """A key in KMS: its id, ARN or alias as KMS takes it, and where its KMS is."""

    key_id: str
    region: str
    endpoint: str


def parse_kms_key(text: str, region: str | None = None) -> KmsKey:
    """A key by its id, ARN or alias. Its region: the one given behind `?`, the ARN's, or else `region`."""
    key_id, _, query = text.strip().removeprefix(SCHEME).partition("?")
    if not _KEY.fullmatch(key_id):
        raise ValueError("names no key: its id, its ARN or alias/NAME stands after kms://")
    given = dict(parse_qsl(query, keep_blank_values=True))
    if set(given) - {"region", "endpoint"}:
        raise ValueError("knows only region= and endpoint= behind its question mark")
    of_arn = key_id.split(":")[3:4] if key_id.startswith("arn:") else []
    where = given.get("region") or next(iter(of_arn), None) or region or ""
    if not _REGION.fullmatch(where):
        raise ValueError("names no region: write ?region=... behind the key, its whole ARN, or set AWS_REGION")
    return KmsKey(key_id, where, _endpoint(given["endpoint"]) if "endpoint" in given else _amazons(where))


def _amazons(region: str) -> str:
    return f"https://kms.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def _endpoint(text: str) -> str:
    url = text.rstrip("/")
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.path or parts.query:
        raise ValueError("has an endpoint that is no address: write it like endpoint=https://kms.example:8443")
    # The answer is the master key itself.
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("has an endpoint without https://, over which the master key would travel in the open")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
