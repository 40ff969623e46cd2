"""Small dumps in every form that public ones have."""

import gzip
import io
import json
import tarfile
from pathlib import Path


def crossref_work(number: int = 1, **said) -> dict:
    return {
        "DOI": f"10.1000/paper.{number}",
        "type": "journal-article",
        "title": [f"Observations concerning phenomenon number{number}"],
        "author": [{"family": f"Author{number}", "given": "Ada"}],
        "issued": {"date-parts": [[2000]]},
        "page": f"{number}-{number + 5}",
        "indexed": {"date-time": "2024-05-06T07:08:09Z"},
        **said,
    }


def openalex_work(number: int = 1, **said) -> dict:
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/10.1000/paper.{number}",
        "title": f"Observations concerning phenomenon number{number}",
        "publication_year": 2000,
        "type": "article",
        "updated_date": "2024-03-04T05:06:07.000000",
        **said,
    }


def lines(*works: dict) -> bytes:
    return b"".join(json.dumps(work).encode() + b"\n" for work in works)


def document(value: object, *, indent: int | None = None) -> bytes:
    return json.dumps(value, indent=indent).encode()


def tar(path: Path, files: dict[str, bytes], *, mode: str = "w", mtime: int = 1_600_000_000) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), mtime
            archive.addfile(member, io.BytesIO(content))
    return path


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path
