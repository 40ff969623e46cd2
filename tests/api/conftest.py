"""A real worker for the examples of the documents."""

from tests.worker.live import live_worker

__all__ = ["live_worker"]
