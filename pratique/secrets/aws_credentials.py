"""Whom AWS KMS is asked as: the keys in the environment, or the role of the container or of the machine.

Comes in: the environment, as Amazon's own tools read it. Goes out: credentials, fetched anew each time: KMS is asked
at a start and after a rotation, and those of a role end after hours. In this order, the first that is there:

* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
* The container's role: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or AWS_CONTAINER_CREDENTIALS_FULL_URI with
  AWS_CONTAINER_AUTHORIZATION_TOKEN or the file that AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names.
* The machine's role, from its metadata service (version 2), unless AWS_EC2_METADATA_DISABLED is true;
  AWS_EC2_METADATA_SERVICE_ENDPOINT names another address of it.

Failure: `KeyTrouble`, one plain sentence without a credential in it.
Limits: ANSWER_SECONDS for each step, answers of at most 64 KB, no redirect, no proxy. In the clear only this machine
and Amazon's own addresses for this are asked. Web identities (AWS_WEB_IDENTITY_TOKEN_FILE) are not looked for.
"""

import http.client
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from tenants.encryption.aws_signature import Credentials
from tenants.encryption.keys import KeyTrouble

ANSWER_SECONDS = 2.0
_MOST_OCTETS = 64 * 1024
_CONTAINER = "http://169.254.170.2"
_MACHINE = "http://169.254.169.254"
_ROLES = "/latest/meta-data/iam/security-credentials/"
_MAY_BE_CLEAR = frozenset(
    {"127.0.0.1", "::1", "localhost", "169.254.169.254", "fd00:ec2::254"}
    | {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"}
)


def aws_credentials(environment: Mapping[str, str]) -> Credentials:
    """Those of now. Raises KeyTrouble."""
    key_id, secret, token = (
        environment.get(f"AWS_{name}", "").strip() for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
    )
    if key_id and secret:
        return Credentials(key_id, secret, token or None)
    try:
        if url := _container_url(environment):
            return _read(_ask("GET", url, _authorization(environment)))
        if environment.get("AWS_EC2_METADATA_DISABLED", "").lower() != "true":
            return _of_machine(environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _MACHINE)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        raise _trouble(f"the role cannot be had: {type(error).__name__}") from None
    raise _trouble("there is none")


def _trouble(said: str) -> KeyTrouble:
    return KeyTrouble(
        f"KMS needs credentials, and {said}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine or "
        "container a role (docs/storage.md)."
    )


def _container_url(environment: Mapping[str, str]) -> str:
    path = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
    return f"{_CONTAINER}{path}" if path else environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")


def _authorization(environment: Mapping[str, str]) -> dict[str, str]:
    token = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    if file := environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", ""):
        # Read each time: it is replaced before it ends.
        token = Path(file).read_text("ascii")
    return {"Authorization": token.strip()} if token else {}


def _of_machine(endpoint: str) -> Credentials:
    base = endpoint.rstrip("/")
    token = _ask("PUT", f"{base}/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}).decode("ascii")
    shown = {"X-aws-ec2-metadata-token": token}
    role = _ask("GET", f"{base}{_ROLES}", shown).decode("ascii").split()[:1]
    if not role:
        raise _trouble("the machine has no role")
    return _read(_ask("GET", f"{base}{_ROLES}{role[0]}", shown))


def _read(answer: bytes) -> Credentials:
    found = json.loads(answer)
    return Credentials(str(found["AccessKeyId"]), str(found["SecretAccessKey"]), str(found["Token"]))


def _ask(method: str, url: str, fields: Mapping[str, str]) -> bytes:
    """The body of a good answer. Raises OSError, HTTPException, ValueError."""
    place = urlsplit(url)
    host = place.hostname or ""
    if place.scheme == "http" and host not in _MAY_BE_CLEAR:
        raise ValueError(f"{host} is not asked in the clear")
    kind = http.client.HTTPConnection if place.scheme == "http" else http.client.HTTPSConnection
    connection = kind(host, place.port, timeout=ANSWER_SECONDS)
    try:
        connection.request(method, f"{place.path}?{place.query}" if place.query else place.path, headers=dict(fields))
        response = connection.getresponse()
        body = response.read(_MOST_OCTETS)
    finally:
        connection.close()
    if response.status != HTTPStatus.OK:
        raise http.client.HTTPException(f"{response.status}")
    return body
