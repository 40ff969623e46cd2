"""What becomes of dumps: of every form, of what is broken in them, and of loads that were cut off."""

import gzip
import json
import os
import random
from datetime import UTC, date, datetime

import pytest

from apps.scholar_app.catalogue import loading, reading
from apps.scholar_app.catalogue.finding import records_with
from apps.scholar_app.catalogue.loading import Loader
from apps.scholar_app.catalogue.reading import files_of
from apps.scholar_app.catalogue.store import Added
from apps.scholar_app.enrichment.record import Identifier
from tests.catalogue.dumps import crossref_work, document, lines, openalex_work, tar, write
from tests.catalogue.test_store import everything
from tests.shared_data import needs_shared_data, shared

WORKS = [crossref_work(n) for n in range(1, 6)]
TOLD = {"pause": lambda: None}


def load(home, *paths, **options):
    catalogue = home.open()
    try:
        return Loader(catalogue, **TOLD | options).load(files_of(paths))
    finally:
        catalogue.close()


def stored(home, number=1):
    catalogue = home.open()
    identifier = Identifier("doi", f"10.1000/paper.{number}")
    record = records_with(catalogue, [identifier]).get(identifier)
    catalogue.close()
    return record


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dump.jsonl", lines(*WORKS)),
        ("dump.jsonl.gz", lines(*WORKS)),
        ("no-newline-at-the-end.jsonl", lines(*WORKS)[:-1]),
        ("windows.jsonl", lines(*WORKS).replace(b"\n", b"\r\n")),
        ("bom.jsonl", b"\xef\xbb\xbf" + lines(*WORKS)),
        ("blank-lines.jsonl", lines(*WORKS).replace(b"\n", b"\n\n")),
        ("wrong-suffix.json", lines(*WORKS)),
        ("0.json.gz", document({"items": WORKS})),
        ("0.json", document({"items": WORKS}, indent=2)),
        ("list.json", document(WORKS)),
        ("list-over-lines.json", b"[\n" + lines(*WORKS).replace(b"}\n", b"},\n")[:-2] + b"\n]"),
        ("answer.json", document({"status": "ok", "message": {"total-results": 5, "items": WORKS}}, indent=1)),
        ("answers.jsonl", lines(*({"status": "ok", "message": work} for work in WORKS))),
        ("answers.jsonl.gz", lines({"message": {"items": WORKS[:2]}}, {"message": {"items": WORKS[2:]}})),
    ],
)
def test_a_dump_of_any_form_is_loaded(sqlite_home, tmp_path, name, content):
    path = write(tmp_path / name, content)
    outcome = load(sqlite_home, path)
    assert (outcome.works, outcome.broken, outcome.added, outcome.failed) == (5, 0, Added(new=5), [])
    assert all(stored(sqlite_home, n).title == WORKS[n - 1]["title"][0] for n in range(1, 6))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_of_anything_is_loaded(sqlite_home, tmp_path, mode):
    files = {
        "dump/0.json.gz": gzip.compress(document({"items": WORKS[:2]})),
        "dump/1.json": document({"items": WORKS[2:3]}, indent=2),
        "dump/._1.json": b"\0\5\26\7 what macOS adds",
        "dump/2.jsonl": lines(*WORKS[3:]),
    }
    path = tar(tmp_path / "dump.tar", files, mode=mode)
    outcome = load(sqlite_home, path)
    assert (outcome.works, outcome.broken, outcome.added.new) == (5, 0, 5)


def test_openalex_snapshots_and_answers_are_loaded(sqlite_home, tmp_path):
    folder = tmp_path / "data" / "works" / "updated_date=2024-03-04"
    folder.mkdir(parents=True)
    write(folder / "part_000.gz", lines(openalex_work(1), openalex_work(2)))
    write(folder / "answer.json", document({"meta": {"count": 1}, "results": [openalex_work(3)]}))
    write(folder / "README.txt", b"not a dump")
    outcome = load(sqlite_home, tmp_path / "data")
    assert (outcome.works, outcome.files, outcome.broken) == (3, 2, 0)
    assert stored(sqlite_home, 1).retrieved == date(2024, 3, 4)


def test_formats_may_be_mixed_and_are_told_apart_work_by_work(sqlite_home, tmp_path):
    path = write(tmp_path / "mixed.jsonl", lines(crossref_work(1), openalex_work(2), openalex_work(1, title="Other")))
    assert load(sqlite_home, path).added == Added(new=3)
    assert stored(sqlite_home, 1).title == crossref_work(1)["title"][0]


@pytest.mark.parametrize(("expected", "loaded"), [("crossref", 1), ("openalex", 2), (None, 3)])
def test_a_format_that_is_given_admits_no_other(sqlite_home, tmp_path, expected, loaded):
    path = write(tmp_path / "mixed.jsonl", lines(crossref_work(1), openalex_work(2), openalex_work(3)))
    outcome = load(sqlite_home, path, format=expected)
    assert (outcome.works, outcome.broken) == (loaded, 3 - loaded)


def test_openalex_authors_and_journals_are_no_works(sqlite_home, tmp_path):
    path = write(tmp_path / "a.jsonl", lines({"id": "https://openalex.org/A1", "display_name": "Ada"}))
    assert (load(sqlite_home, path).broken, load(sqlite_home, path, format="openalex").broken) == (1, 1)


@pytest.mark.parametrize(
    ("said", "retrieved"),
    [
        ({"indexed": {"date-time": "2023-02-01T00:00:00Z"}}, date(2023, 2, 1)),
        ({"indexed": {"date-parts": [[2023, 2, 1]]}}, date(2023, 2, 1)),
        ({"indexed": {"date-time": "nonsense", "date-parts": [[2023, 2, 1]]}}, date(2023, 2, 1)),
        ({"indexed": {"date-parts": [[2023]]}}, date(2022, 5, 4)),
        ({"indexed": None}, date(2022, 5, 4)),
        ({"indexed": "2023-02-01"}, date(2022, 5, 4)),
    ],
)
def test_a_record_is_as_old_as_the_dump_says_or_else_its_file(sqlite_home, tmp_path, said, retrieved):
    path = write(tmp_path / "a.jsonl", lines(crossref_work(1, **said)))
    modified = datetime(2022, 5, 4, 12, tzinfo=UTC).timestamp()
    os.utime(path, (modified, modified))
    load(sqlite_home, path)
    assert stored(sqlite_home).retrieved == retrieved


@pytest.mark.parametrize(("mtime", "retrieved"), [(1_600_000_000, date(2020, 9, 13)), (0, date(2022, 5, 4))])
def test_a_file_in_a_tar_has_a_date_of_its_own_unless_it_was_left_out(sqlite_home, tmp_path, mtime, retrieved):
    path = tar(tmp_path / "a.tar", {"0.json": lines(crossref_work(1, indexed=None))}, mtime=mtime)
    modified = datetime(2022, 5, 4, 12, tzinfo=UTC).timestamp()
    os.utime(path, (modified, modified))
    load(sqlite_home, path)
    assert stored(sqlite_home).retrieved == retrieved


BROKEN = {
    b"{not json": "line 2: not JSON",
    b'{"DOI": "10.1000/cut", "title": ["off': "line 2: not JSON",
    b'{"DOI": "10.1000/\xff"}': "line 2: not JSON",
    b"[" * 100_000: "line 2: ",
    b"17": "line 2: not a JSON object",
    b'"10.1000/x"': "line 2: not a JSON object",
    b'{"DOI": "not a doi"}': "line 2: a work without a DOI",
    b'{"DOI": "10.1000/x", "title": [{"a": 1}]}': "line 2: title",
    b'{"message": {"items": [7, {"DOI": "10.1000/x"}]}}': "line 2 item 1: not a JSON object",
    b'{"status": "failed", "message": [{"type": "error"}]}': "line 2: not a work of Crossref or OpenAlex",
}


@pytest.mark.parametrize(("line", "said"), BROKEN.items(), ids=range(len(BROKEN)))
def test_a_broken_line_is_named_and_the_others_are_loaded(sqlite_home, tmp_path, line, said):
    path = write(tmp_path / "a.jsonl", lines(WORKS[0]) + line + b"\n" + lines(*WORKS[1:]))
    outcome = load(sqlite_home, path)
    assert (outcome.added.new >= 5, outcome.broken, outcome.failed) == (True, 1, [])
    assert outcome.named[0].startswith(f"{path} {said}")


def test_a_file_that_begins_with_broken_lines_is_still_read_line_by_line(sqlite_home, tmp_path):
    path = write(tmp_path / "a.jsonl", b"# comment\n{oops\n" + lines(*WORKS))
    outcome = load(sqlite_home, path)
    assert (outcome.works, outcome.broken) == (5, 2)


def test_a_broken_document_in_a_tar_is_named_and_the_others_are_loaded(sqlite_home, tmp_path):
    files = {"0.json": b'{"items": [\n{"DOI": "10', "1.json": document({"items": WORKS}, indent=1), "2.json": b""}
    outcome = load(sqlite_home, tar(tmp_path / "a.tar", files))
    assert (outcome.works, outcome.broken) == (5, 1)
    assert outcome.named[0].startswith(f"{tmp_path / 'a.tar'}:0.json: not JSON")


def test_of_many_broken_lines_some_are_named_and_all_are_counted(sqlite_home, tmp_path):
    outcome = load(sqlite_home, write(tmp_path / "a.jsonl", lines(WORKS[0]) + b"{oops\n" * 5000))
    assert outcome.broken == 5000
    assert 10 <= len(outcome.named) <= 30


@pytest.mark.parametrize(("name", "processes"), [("a.jsonl.gz", 0), ("a.tar.gz", 0), ("a.jsonl.gz", 1)])
def test_a_file_that_is_cut_off_has_failed_and_what_came_before_the_cut_is_kept(sqlite_home, tmp_path, name, processes):
    noise = random.Random(1)
    works = [crossref_work(n, abstract=noise.randbytes(200).hex()) for n in range(5000)]
    if name == "a.tar.gz":
        whole = tar(tmp_path / "whole", {f"{n}.json": lines(*works[n::5]) for n in range(5)}, mode="w:gz").read_bytes()
    else:
        whole = gzip.compress(lines(*works))
    path, other = tmp_path / name, write(tmp_path / "other.jsonl", lines(crossref_work(9999)))
    path.write_bytes(whole[: len(whole) * 4 // 5])
    outcome = load(sqlite_home, path, other, processes=processes)
    assert outcome.failed[0].startswith(str(path))
    assert 1000 <= outcome.works < 5000
    assert stored(sqlite_home, 9999)
    path.write_bytes(whole)
    again = load(sqlite_home, path)
    assert (again.works, again.failed, again.added.new) == (5000, [], 5001 - outcome.works)


@pytest.mark.parametrize("number", [50, 500])
def test_of_a_short_file_that_is_cut_off_the_lines_before_the_cut_are_kept(sqlite_home, tmp_path, number):
    whole = gzip.compress(lines(*(crossref_work(n) for n in range(number))))
    path = write(tmp_path / "a.jsonl.gz", whole)
    path.write_bytes(whole[:-10])
    outcome = load(sqlite_home, path)
    assert (len(outcome.failed), outcome.broken) == (1, 0)
    assert number // 2 < outcome.works <= number


def test_of_a_document_that_is_cut_off_nothing_is_taken_for_lines(sqlite_home, tmp_path):
    whole = gzip.compress(document({"items": [crossref_work(n) for n in range(99)]}, indent=1))
    path = write(tmp_path / "a.json.gz", whole)
    path.write_bytes(whole[: len(whole) // 2])
    outcome = load(sqlite_home, path)
    assert (len(outcome.failed), outcome.works, outcome.broken) == (1, 0, 0)


def test_a_file_that_cannot_be_opened_does_not_keep_the_others_from_being_loaded(sqlite_home, tmp_path):
    folder = tmp_path / "a.json"
    folder.mkdir()
    gone = tmp_path / "gone.jsonl"
    other = write(tmp_path / "b.jsonl", lines(*WORKS))
    outcome = Loader(sqlite_home.open(), **TOLD).load([gone, folder, other])
    assert (outcome.works, len(outcome.failed)) == (5, 2)


def test_a_document_too_large_to_be_read_at_once_is_refused(sqlite_home, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_MAX_DOCUMENT_BYTES", 250)
    for content in (document({"items": WORKS}, indent=1), document({"items": WORKS})):
        path = write(tmp_path / "a.json", content)
        outcome = load(sqlite_home, path)
        assert (outcome.works, len(outcome.failed)) == (0, 1)


def test_the_same_file_again_is_passed_over_unless_it_changed_or_is_asked_for(home, tmp_path):
    path = write(tmp_path / "a.jsonl", lines(*WORKS))
    load(home, path)
    before = everything(home)
    again = load(home, path)
    assert (again.works, again.passed_over) == (0, [str(path)])
    assert load(home, path, again=True).added == Added(unchanged=5)
    assert everything(home) == before
    write(path, lines(*WORKS, crossref_work(6)))
    assert load(home, path).added == Added(new=1, unchanged=5)


def test_a_file_is_read_again_when_it_shall_be_read_in_another_way(sqlite_home, tmp_path):
    path = write(tmp_path / "a.jsonl", lines(crossref_work(1), openalex_work(2)))
    assert load(sqlite_home, path, format="crossref").works == 1
    assert load(sqlite_home, path, format="openalex").works == 1


def test_newer_dumps_replace_and_older_ones_do_not(home, tmp_path):
    new = crossref_work(1, title=["New"], indexed={"date-time": "2024-06-01T00:00:00Z"})
    old = crossref_work(1, title=["Old"], indexed={"date-time": "2023-06-01T00:00:00Z"})
    for first, second in ((new, old), (old, new)):
        load(home, write(tmp_path / "first.jsonl", lines(first)), again=True)
        load(home, write(tmp_path / "second.jsonl", lines(second)), again=True)
        assert stored(home).title == "New"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.tar"])
@pytest.mark.parametrize("batches", [1, 2, 5])
def test_a_load_that_was_stopped_goes_on_where_it_was(home, tmp_path, monkeypatch, name, batches):
    monkeypatch.setattr(reading, "_CHUNK_LINES", 10)
    works = [crossref_work(n) for n in range(80)]
    if name == "a.tar":
        path = tar(tmp_path / name, {f"{n}.json": lines(*works[n * 20 : n * 20 + 20]) for n in range(4)})
    else:
        path = write(tmp_path / name, lines(*works))
    with pytest.raises(KeyboardInterrupt):
        load(home, path, pause=_stop_after(batches))
    digested = []
    monkeypatch.setattr(loading, "digest", lambda chunk, *a: digested.append(chunk) or real(chunk, *a))
    real = __import__("apps.scholar_app.catalogue.digesting", fromlist=["digest"]).digest
    outcome = load(home, path)
    assert outcome.added == Added(new=80 - 10 * batches)
    assert sum(len(chunk.lines) for chunk in digested) == 80 - 10 * batches
    assert {json.loads(row[0])["doi"] for row in home.select("SELECT record FROM catalogue_works")} == {
        f"10.1000/paper.{n}" for n in range(80)
    }


def _stop_after(batches):
    left = iter(range(batches - 1))

    def pause():
        if next(left, None) is None:
            raise KeyboardInterrupt

    return pause


def test_other_processes_give_the_same_catalogue(sqlite_home, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_CHUNK_LINES", 50)
    monkeypatch.setattr(loading, "_AHEAD_BYTES", 20_000)
    works = [crossref_work(n % 300, volume=str(n)) for n in range(600)]
    path = write(tmp_path / "a.jsonl", lines(*works) + b"{oops\n")
    seen = []
    outcome = load(sqlite_home, path, processes=2, on_progress=seen.append)
    alone = type(sqlite_home)(tmp_path / "alone.sqlite3")
    assert outcome == load(alone, path)
    assert everything(sqlite_home) == everything(alone)
    assert sum(seen) == path.stat().st_size


def test_large_documents_are_added_in_small_steps(sqlite_home, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "_BATCH", 10)
    pauses = []
    path = write(tmp_path / "a.json", document({"items": [crossref_work(n) for n in range(35)]}))
    assert load(sqlite_home, path, pause=lambda: pauses.append(1)).added.new == 35
    assert len(pauses) == 4


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("steps", range(6))
def test_a_load_may_be_ended_between_any_two_steps_and_goes_on_from_there(sqlite_home, tmp_path, monkeypatch, steps):
    monkeypatch.setattr(loading, "_BATCH", 10)
    left = iter(range(steps))
    paths = [write(tmp_path / name, document({"items": [crossref_work(n) for n in range(at, at + 20)]})) for name, at in
             (("a.json", 0), ("b.json", 20))]  # fmt: skip

    def look_out():
        if next(left, None) is None:
            raise StoppedError

    with pytest.raises(StoppedError):  # four batches, and two steps of putting the words in order
        load(sqlite_home, *paths, look_out=look_out)
    added = load(sqlite_home, *paths).added
    assert (added.new, added.replaced) == (40 - min(10 * (steps + 1), 40), 0)
    catalogue = sqlite_home.open()
    assert catalogue.count() == 40
    catalogue.close()


def test_a_folder_gives_its_dumps_in_order_and_each_once(tmp_path):
    for name in ("b.json", "a.jsonl.gz", "c.txt", "sub/d.tar", "sub/e.tgz", "sub/f.ndjson"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in files_of([tmp_path, tmp_path / "b.json", tmp_path / "c.txt"])]
    assert found == ["a.jsonl.gz", "b.json", "sub/d.tar", "sub/e.tgz", "sub/f.ndjson", "c.txt"]


@needs_shared_data
def test_thousands_of_real_works_are_loaded_and_each_is_found_again(sqlite_home):
    files = [shared("catalogue", name) for name in ("crossref_works.jsonl.gz", "openalex_works.jsonl.gz")]
    outcome = load(sqlite_home, *files)
    assert (outcome.broken, outcome.failed) == (0, [])
    assert outcome.works == 5439 + 1650
    catalogue = sqlite_home.open()
    identities = [row[0] for row in sqlite_home.select("SELECT DISTINCT identity FROM catalogue_works")]
    dois = [Identifier("doi", identity[4:]) for identity in identities if identity.startswith("doi:")]
    assert len(records_with(catalogue, dois)) == len(dois) > 6000
    catalogue.close()
