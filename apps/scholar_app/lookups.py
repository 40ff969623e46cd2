"""The table behind the memory of look-ups (``catalogue/memory.py``). Django finds it through ``models.py``."""

from django.db import models


class Lookup(models.Model):
    """What one source answered to one question, and when. Shared by all users, so it holds no text of theirs.

    A question is a hash, not words: whoever reads the table learns what the indexes said, not who asked for what.
    """

    source = models.CharField(max_length=32)
    #: The scheme of the identifier that was asked for (``doi``, ``pmid``, ...), or ``search``.
    kind = models.CharField(max_length=8)
    #: SHA-256 of the identifier or of the query, in hexadecimal digits.
    key = models.CharField(max_length=64)
    #: Whether there was any record; if not, the row says "no such record" and ``answer`` is empty.
    found = models.BooleanField()
    #: The records, best first: zlib over JSON, as ``enrichment.record_json`` writes it.
    answer = models.BinaryField(default=b"")
    asked_at = models.DateTimeField()

    class Meta:
        app_label = "scholar_app"
        constraints = (
            # Two workers that ask the same at the same time write one row; also the index of every look-up.
            models.UniqueConstraint(fields=["source", "kind", "key"], name="lookup_one_answer_per_question"),
        )
        indexes = (
            # forget_expired: records and "no such record" have times to live of their own.
            models.Index(fields=["found", "asked_at"], name="lookup_expiry"),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.key[:12]}: {'found' if self.found else 'no such record'}"
