"""Takes letters on 127.0.0.1:2525 and appends them to a file: the least of SMTP that a sender needs."""

import socketserver
import sys
from pathlib import Path

ANSWERS = {"EHLO": "250 here", "DATA": "354 go on", "QUIT": "221 bye"}


class Postbox(socketserver.StreamRequestHandler):
    """One sender."""

    def handle(self) -> None:
        """Agree to everything, and keep what is said."""
        self.say("220 here")
        for line in self.rfile:
            word = line.decode().strip().upper()[:4]
            self.say(ANSWERS.get(word, "250 yes"))
            if word == "DATA":
                self.keep()

    def keep(self) -> None:
        """Append the letter, up to the line with a dot."""
        letter = b"".join(iter(self.rfile.readline, b".\r\n"))
        with Path(sys.argv[1]).open("ab") as letters:
            letters.write(letter.replace(b"\r\n", b"\n"))
        self.say("250 taken")

    def say(self, answer: str) -> None:
        """Send one line."""
        self.wfile.write(f"{answer}\r\n".encode())


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", 2525), Postbox) as server:
        server.serve_forever()
