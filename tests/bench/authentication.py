"""What the authentication agent costs: `python -m tests.bench.authentication`.

Prints CPU milliseconds a message, all threads, with one relaxed RSA-2048 signature and the DNS' answers at hand: for
mail of 4 KB, 100 KB and 1 MB. `python -m tests.bench.throughput --sizes 4096,1000000` has the rest of the path.
"""

import base64
import os
import statistics
import time
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import react

from mx.agents.authentication import Authentication
from mx.agents.contract import Hook
from tests.contracts.agent import CLIENT, events_for
from tests.contracts.dns_table import DnsTable

SIZES = ((4_096, 60), (100_000, 30), (1_000_000, 10))
ROUNDS = 5
HEADER = b"From: author@supplier.example\r\nTo: b@acme.example\r\nSubject: Invoice\r\nMessage-ID: <1@s.example>\r\n\r\n"


def signed(octets: int, key: bytes) -> bytes:
    """A message of about that size: lines of random base64, signed."""
    lines = base64.encodebytes(os.urandom(max(0, octets - 800) * 3 // 4)).replace(b"\n", b"\r\n")
    message = HEADER + lines
    form, domain = (b"relaxed", b"relaxed"), b"supplier.example"
    signature: bytes = dkim.sign(message, b"sel", domain, key, canonicalize=form, include_headers=[b"from"])
    return signature + message


async def measure(agent: Authentication, messages: list[bytes]) -> float:
    """CPU milliseconds a message."""
    events: list[Any] = [events_for(content=octets)[Hook.MESSAGE] for octets in messages]
    began = time.process_time()
    for event in events:
        _, field = await agent.on_message(event)  # type: ignore[misc]
        assert "dkim=pass" in field.fields[0] and "dmarc=pass" in field.fields[0], field
    return (time.process_time() - began) * 1000 / len(messages)


async def main(_: object) -> None:
    """Print the table."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = base64.b64encode(private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    table = {
        "TXT supplier.example": [f"v=spf1 ip4:{CLIENT.address} -all"],
        "TXT sel._domainkey.supplier.example": [f"v=DKIM1; p={public.decode()}"],
        "TXT _dmarc.supplier.example": ["v=DMARC1; p=reject"],
    }
    agent = Authentication(DnsTable(table), reactor, "mx.service.example", time.time)
    await measure(agent, [signed(4_096, key)])
    for octets, count in SIZES:
        rounds = [await measure(agent, [signed(octets, key) for _ in range(count)]) for _ in range(ROUNDS)]
        print(f"{octets:>10} {statistics.median(rounds):8.3f} ms")


if __name__ == "__main__":
    react(lambda where: Deferred.fromCoroutine(main(where)))
