"""A scholarly internet for tests: every index that the sources ask, on one real HTTP server of this machine.

    with IndexServer([Work(doi="10.1000/a", title="A title")]) as server:
        Crossref(client_for(server.url("crossref")))

It answers in each index's own shapes, from the works it was given; it keeps a log of the calls, enforces limits and
counts who breaks them, and can be told to misbehave (:mod:`.faults`).
"""

from .faults import FAULTS, Fault
from .server import IndexServer, Limit
from .works import Work

__all__ = ["FAULTS", "Fault", "IndexServer", "Limit", "Work"]
