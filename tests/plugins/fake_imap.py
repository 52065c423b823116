"""A small IMAP server of ours: one mailbox, as much of RFC 3501 as reading it takes, and some bad manners."""

import re
import socketserver
import threading
import time
from typing import Any, Self

HANDSHAKE = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"
"""The first bytes of a long TLS record."""
DRIPS = 160


class FakeImap:
    """Serves `mails` (UID to content) on a port of its own, until the block ends. `manner` makes it misbehave."""

    def __init__(self, *, validity: int = 1) -> None:
        self.mails: dict[int, bytes] = {}
        self.validity, self.manner = validity, ""
        self.heard: list[str] = []
        self.server = _Server(("127.0.0.1", 0), _Session)
        self.server.imap = self
        self.port = int(self.server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(self, content: bytes) -> int:
        """One more mail; returns its UID."""
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = content
        return uid


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    imap: FakeImap


class _Session(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        if self.server.imap.manner == "drips at first":
            self.drip(b"* ")
            return
        if self.server.imap.manner == "drips a handshake":
            self.drip(HANDSHAKE)
            return
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _space, command = line.partition(" ")
            self.server.imap.heard.append(re.sub(r"^LOGIN .*", "LOGIN", command))
            if not self.answer(tag, command):
                return

    def answer(self, tag: str, command: str) -> bool:
        imap = self.server.imap
        verb = command.upper().split()[0]
        if imap.manner == "drips" and verb == "EXAMINE":
            return self.drip(b"* ")
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1 STARTTLS")
        if verb == "STARTTLS":
            self.say(f"{tag} OK go on")
            return self.drip(HANDSHAKE)
        if verb == "LOGIN" and "wrong" in command:
            self.say(f"{tag} NO wrong password")
            return True
        if verb == "SELECT" or verb == "EXAMINE":
            uid_next = max(imap.mails, default=0) + 1
            self.say(f"* {len(imap.mails)} EXISTS\r\n* OK [UIDVALIDITY {imap.validity}] x")
            self.say(f"* OK [UIDNEXT {uid_next}] x")
        if command.upper().startswith("UID SEARCH"):
            self.say("* SEARCH " + " ".join(map(str, self.searched(command))))
        if command.upper().startswith("UID FETCH"):
            self.fetch(command)
        self.say(f"{tag} OK done")
        return verb != "LOGOUT"

    def searched(self, command: str) -> list[int]:
        mails = sorted(self.server.imap.mails)
        found = re.search(r"UID (\d+):\*", command.partition("SEARCH")[2])
        # As the RFC has it, "5:*" also finds the last one when that is below 5.
        return mails if found is None else [uid for uid in mails if uid >= int(found[1])] or mails[-1:]

    def fetch(self, command: str) -> None:
        uid = int(command.split()[2])
        content = self.server.imap.mails[uid]
        size = 10**12 if self.server.imap.manner == "boasts" and "BODY.PEEK[]" in command else len(content)
        if "RFC822.SIZE" in command:
            self.say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(content)})")
            return
        if "HEADER" in command:
            content = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        size = min(size, len(content)) if size < 10**12 else size
        self.say_raw(f"* {uid} FETCH (UID {uid} BODY[] {{{size}}}\r\n".encode() + content + b")\r\n")

    def drip(self, first: bytes) -> bool:
        """Say something every now and then for some seconds, never to the end; no more follows."""
        for turn in range(DRIPS):
            if not self.say_raw(b"*" if turn else first):
                break
            time.sleep(0.05)
        return False

    def say(self, text: str) -> None:
        self.say_raw(f"{text}\r\n".encode())

    def say_raw(self, content: bytes) -> bool:
        try:
            self.wfile.write(content)
        except OSError:
            return False
        return True
