"""Spare children: starting one takes half a second, which nobody should wait for."""

from collections import deque

from .process import Child


class Nursery:
    """Keeps up to ``spares`` children ready for an order. They know no job yet, so nothing is lost with them."""

    def __init__(self, *, body: str, spares: int) -> None:
        self._body, self._wanted = body, spares
        self._spares: deque[Child] = deque()

    def take(self) -> Child:
        """A child of the caller's own, ready or starting. Raises ``OSError`` when no process can be had."""
        while self._spares:
            child = self._spares.popleft()
            if child.is_running:
                return child
            child.close()
        return Child(body=self._body)

    def refill(self) -> None:
        """Start what is missing. Raises ``OSError`` when no process can be had."""
        while len(self._spares) < self._wanted:
            self._spares.append(Child(body=self._body))

    def close(self) -> None:
        """Dismiss the spares."""
        while self._spares:
            self._spares.popleft().close()
