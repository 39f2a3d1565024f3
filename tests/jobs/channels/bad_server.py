"""A mail server that misbehaves in the ways mail servers do, on a real socket."""

import socketserver
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

GOOD = "good"


class BadServer:
    """Takes mail in its mood of the moment. ``received``: what it has read to the end, whatever it answered then."""

    def __init__(self) -> None:
        self.mood = GOOD
        self.received: list[EmailMessage] = []
        self.delay = 0.0  # seconds between the end of a mail and the answer
        # called when a mail is read, before the answer, with how many there are now
        self.at_end: Callable[[int], None] = lambda number: None
        self.closing = threading.Event()
        outer = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer._talk(self)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self.server.daemon_threads = True
        self.url = f"smtp://127.0.0.1:{self.server.server_address[1]}?tls=none"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends all talks that it lets hang."""
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def ids(self) -> list[str]:
        """The Message-IDs of what it has read, in order."""
        return [str(message["Message-ID"]) for message in self.received]

    def _talk(self, talk: socketserver.StreamRequestHandler) -> None:
        def say(line: str) -> None:
            talk.wfile.write(line.encode() + b"\r\n")

        mood = self.mood
        if mood == "silent":
            self.closing.wait(60)
            return
        say("421 too busy" if mood == "busy" else "220 here")
        while line := talk.rfile.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                say("221 bye")
                return
            if verb == b"DATA":
                if mood == "full":
                    say("452 no room")
                    continue
                say("354 go on")
                if not self._read(talk, mood):
                    return
                say("250 taken")
            elif verb == b"RCPT" and mood == "defers":
                say("450 later")
            elif verb == b"MAIL" and mood == "slow":
                self.closing.wait(self.delay)
                return
            else:
                say("250 fine")

    def _read(self, talk: socketserver.StreamRequestHandler, mood: str) -> bool:
        """Reads a mail; False when the talk ends with it."""
        lines: list[bytes] = []
        while (line := talk.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
            if mood == "drops in the middle" and len(lines) == 5:
                return False
        if line == b"":
            return False
        message = message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        self.at_end(len(self.received))
        if mood == "answers too late":
            self.closing.wait(self.delay)
        return mood != "drops at the end"
