"""Files: whole or absent, private, and never touched outside their folders."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import SuspiciousFileOperation

from apps.scholar_app import files

JOB = UUID("ae964f72-6051-422f-a701-f3a943014730")
UPLOAD = files.upload_name(JOB)


def test_what_was_written_is_read_back(storage: Path) -> None:
    files.write(UPLOAD, b"bytes\r\n\xff")
    assert files.read(UPLOAD) == b"bytes\r\n\xff"
    assert (storage / UPLOAD).is_file()


def test_a_file_that_is_not_there_is_file_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        files.read(UPLOAD)


def test_files_and_folders_are_private_whatever_the_umask(storage: Path) -> None:
    before = os.umask(0)
    try:
        files.write(UPLOAD, b"x")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (storage, storage / "uploads", storage / UPLOAD)]
    assert modes == [0o700, 0o700, 0o600]


def test_a_reader_sees_the_old_file_or_the_new_one_and_never_a_half(storage: Path) -> None:
    files.write(UPLOAD, b"old")
    seen = []

    def look(handle: int) -> None:
        seen.append(files.read(UPLOAD))

    with mock.patch("os.fsync", side_effect=look):
        files.write(UPLOAD, b"new")
    assert seen == [b"old", b"new"]  # the file is synced before the name changes, the folder after


@pytest.mark.parametrize("broken", ["os.fsync", "pathlib.Path.replace"])
def test_a_write_that_fails_leaves_nothing(broken: str) -> None:
    full = mock.patch(broken, side_effect=OSError(28, "No space left on device"))
    with full, pytest.raises(OSError, match="space"):
        files.write(UPLOAD, b"x" * 100)
    assert list(files.stored("uploads")) == []


def test_deleting_counts_what_went_and_what_was_not_there() -> None:
    files.write(UPLOAD, b"x")
    assert files.delete([UPLOAD, files.upload_name(uuid4()), ""]) == (1, 0)
    assert files.delete([UPLOAD]) == (0, 0)


def test_a_file_that_cannot_be_deleted_is_logged_and_counted_and_the_others_go(
    storage: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stuck = files.upload_name(uuid4())
    (storage / stuck).mkdir(parents=True)
    files.write(UPLOAD, b"x")
    assert files.delete([stuck, UPLOAD]) == (1, 1)
    assert f"file={stuck} could not be deleted" in caplog.text


@pytest.mark.parametrize("name", ["../secret_key", "uploads/../../secret_key", "uploads/notes.txt", "x"])
def test_a_name_that_is_not_one_of_ours_is_never_deleted(
    storage: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    target = (storage / name).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("keep")
    assert files.delete([name, str(target)]) == (0, 2)
    assert target.read_text() == "keep"
    assert "could not be deleted" in caplog.text


def test_a_link_is_deleted_and_not_what_it_points_to(storage: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("keep")
    files.write(UPLOAD, b"x")
    (storage / UPLOAD).unlink()
    (storage / UPLOAD).symlink_to(target)
    assert files.delete([UPLOAD]) == (1, 0)
    assert target.read_text() == "keep"


@pytest.mark.parametrize("name", ["../outside.bib", "/tmp/outside.bib"])
def test_nothing_is_written_or_read_outside_of_the_storage(name: str) -> None:
    with pytest.raises(SuspiciousFileOperation):
        files.write(name, b"x")
    with pytest.raises(SuspiciousFileOperation):
        files.read(name)


def test_the_names_of_two_claims_differ_and_fit_the_columns() -> None:
    first, second = files.result_names(JOB, 1), files.result_names(JOB, 2**63 - 1)
    assert not set(first) & set(second)
    assert all(files.is_ours(name) and len(name) <= 100 for name in (*first, *second, UPLOAD))
    assert {files.job_of(name) for name in (*first, *second, UPLOAD)} == {JOB}


@pytest.mark.parametrize("name", ["uploads/x.txt", "results/x.bib", f"uploads/{JOB}.bib.bak", f"other/{JOB}.bib"])
def test_foreign_files_are_nobodys(name: str) -> None:
    assert not files.is_ours(name)
    assert files.job_of(name) is None


def test_stored_files_come_with_their_times_and_folders_are_left_out(storage: Path) -> None:
    files.write(UPLOAD, b"x")
    os.utime(storage / UPLOAD, (1_000_000_000, 1_000_000_000))
    (storage / "uploads" / "folder").mkdir()
    assert list(files.stored("uploads")) == [files.StoredFile(UPLOAD, datetime.fromtimestamp(1_000_000_000, tz=UTC))]
    assert list(files.stored("results")) == []


@pytest.fixture
def object_store(settings: Any) -> None:
    """A storage without paths, as django-storages has them."""
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory}


@pytest.mark.usefixtures("object_store")
def test_an_object_store_serves_as_well() -> None:
    before = datetime.now(tz=UTC)
    files.write(UPLOAD, b"x")
    assert files.read(UPLOAD) == b"x"
    ((name, modified),) = files.stored("uploads")
    assert name == UPLOAD
    assert modified >= before
    assert files.delete([UPLOAD]) == (1, 0)
    assert list(files.stored("uploads")) == []


@pytest.mark.usefixtures("object_store")
def test_an_object_store_that_would_rename_a_file_is_refused() -> None:
    files.write(UPLOAD, b"x")
    with pytest.raises(FileExistsError):
        files.write(UPLOAD, b"y")


RESULT, REPORT = files.result_names(JOB, 7)


@pytest.mark.parametrize("name", [RESULT, REPORT, UPLOAD, files.index_name(REPORT), files.reviewed_name(RESULT)])
def test_companions_are_told_by_the_name_of_their_file_and_have_none_themselves(name: str) -> None:
    expected = {RESULT: (files.reviewed_name(RESULT),), REPORT: (files.index_name(REPORT),)}
    assert files.companions(name) == expected.get(name, ())
    assert files.is_ours(name)
    assert files.job_of(name) == JOB


@pytest.mark.parametrize("kept", ["on disk", "in an object store"])
def test_what_follows_from_decisions_is_written_anew_and_goes_with_its_file(
    kept: str, request: pytest.FixtureRequest
) -> None:
    if kept == "in an object store":
        request.getfixturevalue("object_store")
    files.write(RESULT, b"x")
    for data in (b"1\nx", b"2\ny"):
        files.rewrite(files.reviewed_name(RESULT), data)
        assert files.read(files.reviewed_name(RESULT)) == data
    assert files.delete([RESULT]) == (1, 0)
    assert list(files.stored("results")) == []
