"""The floor: a bare Twisted relay that receives a message over SMTP and passes it on over a kept connection.

    python tests/bench/floor_relay.py PORT NEXT_HOP_PORT

It checks nothing, remembers nothing and limits nothing: a yardstick for `throughput.py`, never a server for anybody.
What Pratique costs is told as a ratio to it, taken in the same run: milliseconds do not travel between machines.
"""

import sys
from collections import deque

from twisted.internet import epollreactor

if __name__ == "__main__":
    epollreactor.install()

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Factory, Protocol

KEPT_CONNECTIONS = 20
END = b"\r\n.\r\n"
OFFER = b"250-floor.example\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n"
RECEIVED = b"Received: from bench by floor.example with ESMTP; Mon, 23 Nov 2026 12:00:00 +0000\r\n"


class Outwards:
    """Kept connections, and the messages that wait for one."""

    def __init__(self, port):
        self.port, self.open, self.free, self.waiting = port, 0, [], deque()

    def send(self, message):
        if self.free:
            self.free.pop().begin(message)
            return
        self.waiting.append(message)
        if self.open < KEPT_CONNECTIONS:
            self.open += 1
            factory = ClientFactory()
            factory.noisy = False
            factory.buildProtocol = lambda _: Sender(self)
            reactor.connectTCP("127.0.0.1", self.port, factory)

    def is_free(self, sender):
        if self.waiting:
            sender.begin(self.waiting.popleft())
        else:
            self.free.append(sender)


class Sender(Protocol):
    """One connection to the next hop: counts the last lines of replies, and knows what each of them answers."""

    def __init__(self, outwards):
        self.outwards, self.replies, self.expected, self.message, self.rest = outwards, 0, 1, None, b""
        self.then = self.greet

    def connectionMade(self):
        self.transport.setTcpNoDelay(True)

    def dataReceived(self, octets):
        *lines, self.rest = (self.rest + octets).split(b"\r\n")
        self.replies += sum(line[3:4] != b"-" for line in lines)
        if self.replies >= self.expected:
            self.replies, then = 0, self.then
            then(lines[-1])

    def greet(self, _):
        self.then, self.expected = self.be_free, 1
        self.transport.write(b"EHLO floor.example\r\n")

    def be_free(self, _):
        self.outwards.is_free(self)

    def begin(self, message):
        self.message = message
        commands = [b"MAIL FROM:<%b>\r\n" % message.sender, *(b"RCPT TO:<%b>\r\n" % to for to in message.recipients)]
        self.then, self.expected = self.send_content, len(commands) + 1
        self.transport.write(b"".join([*commands, b"DATA\r\n"]))

    def send_content(self, _):
        self.then, self.expected = self.finish, 1
        self.transport.write(RECEIVED + self.message.content.replace(b"\r\n.", b"\r\n..") + b".\r\n")

    def finish(self, line):
        message, self.message = self.message, None
        self.outwards.is_free(self)
        message.answer(line)


class Receiver(Protocol):
    """One client's connection; `sender`, `recipients` and `content` are those of the message under way."""

    def __init__(self, outwards):
        self.outwards, self.buffer, self.searched = outwards, bytearray(), 0
        self.in_content = self.is_waiting = False
        self.sender, self.recipients, self.content = b"", [], b""

    def connectionMade(self):
        self.transport.setTcpNoDelay(True)
        self.transport.write(b"220 floor.example ESMTP\r\n")

    def dataReceived(self, octets):
        self.buffer += octets
        if not self.is_waiting:
            self.read()

    def read(self):
        replies = []
        while not self.is_waiting and (self.take_content() if self.in_content else self.take_line(replies)):
            pass
        if replies:
            self.transport.write(b"".join(replies))

    def take_line(self, replies):
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 2]
        word = line[:4].upper()
        if word == b"EHLO":
            replies.append(OFFER)
        elif word == b"MAIL":
            self.sender, self.recipients = line.partition(b"<")[2].partition(b">")[0], []
            replies.append(b"250 2.1.0 ok\r\n")
        elif word == b"RCPT":
            self.recipients.append(line.partition(b"<")[2].partition(b">")[0])
            replies.append(b"250 2.1.5 ok\r\n")
        elif word == b"DATA":
            self.in_content = True
            replies.append(b"354 go\r\n")
        elif word == b"QUIT":
            self.transport.write(b"".join([*replies, b"221 2.0.0 bye\r\n"]))
            replies.clear()
            self.transport.loseConnection()
            return False
        else:
            replies.append(b"250 2.0.0 ok\r\n")
        return True

    def take_content(self):
        end = self.buffer.find(END, self.searched)
        if end < 0:
            self.searched = max(0, len(self.buffer) - 4)
            return False
        content = bytes(memoryview(self.buffer)[: end + 2])
        del self.buffer[: end + 5]
        self.in_content, self.searched, self.is_waiting = False, 0, True
        if not content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n"):
            self.answer(b"550 5.6.0 a bare CR or LF")
            return True
        self.content = content.replace(b"\r\n..", b"\r\n.")
        self.outwards.send(self)
        return True

    def answer(self, line):
        self.is_waiting, self.content = False, b""
        self.transport.write(line + b"\r\n")
        if self.buffer:
            self.read()


def main():
    """Listen, and run until killed."""
    outwards = Outwards(int(sys.argv[2]))
    factory = Factory()
    factory.noisy = False
    factory.buildProtocol = lambda _: Receiver(outwards)
    reactor.listenTCP(int(sys.argv[1]), factory, backlog=512, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main()
