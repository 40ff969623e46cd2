"""Real bibliographies with something broken in them, through the form: taken, or refused with a word; never a fault."""

import random

import pytest
from django.test import Client
from pytest_django import Settings

from tests.shared_data import needs_shared_data, shared
from tests.web.making import content, upload

pytestmark = pytest.mark.django_db

MUTANTS = 120
PIECES: list[bytes] = [
    *(b"{", b"}", b'"', b"@", b",", b"#", b"=", b"%", b"\\", b"(", b")", b"{{}}", b"@@", b",,", b"\n", b"\r", b"\r\n"),
    *(b"\x00", b"\x1a", b"\x0c", b"\x85", b"\xa0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\x28", b"{" * 500, b'"#"' * 50),
    *(
        b"@article{",
        b"@string{a=",
        b"@comment{",
        b'@preamble{"',
        b"crossref={k}",
        b'month = jan # "x"',
        b"date={2020-99}",
    ),
    *("\u202e".encode(), "\u200b".encode(), "\u0430".encode()),
]


def mutate(data: bytes, chance: random.Random) -> bytes:
    """With pieces put in, cut out, doubled or overwritten, in a few places."""
    mutant = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 3, 8, 20])):
        start = chance.randrange(len(mutant) + 1)
        end = start + chance.randrange(1, 200)
        change = chance.choice(["put", "put", "cut", "double", "break"])
        if change == "put":
            mutant[start:start] = chance.choice(PIECES)
        elif change == "cut":
            del mutant[start:end]
        elif change == "double":
            mutant[start:start] = mutant[start:end]
        else:
            mutant[start : start + 1] = bytes([chance.randrange(256)])
    return bytes(mutant)


@needs_shared_data
def test_a_broken_file_is_taken_or_refused_with_a_word(client: Client, settings: Settings) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 10 * MUTANTS
    files = [path.read_bytes()[:20_000] for path in sorted(shared("bib", "nasty").iterdir())]
    chance = random.Random("uploads")  # the same mutants each time
    taken = 0
    for _ in range(MUTANTS):
        response = upload(client, mutate(chance.choice(files), chance), replace="1")
        if response.status_code == 302:
            taken += 1
            assert "Waiting: references.bib" in content(client.get(response["Location"])).decode()
        else:
            assert response.status_code == 422
            assert 'aria-invalid="true"' in content(response).decode()
    assert MUTANTS // 4 < taken < MUTANTS, "some are to be taken and some to be refused, or nothing is shown"
