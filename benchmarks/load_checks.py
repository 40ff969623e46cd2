"""After ``bench_load``: nothing lost, nothing wrong, nothing left over.

``python -m benchmarks.load_checks`` runs with the site's own settings, reads ``{"seed": n, "uploads": [...],
"patience": seconds, "deaths": n}`` as JSON, waits for the last job to end, and prints what it counted and every breach it found.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import django

from tests.enrichment.making import is_input_with_insertions

from .load_files import Sent, is_true, sent

OUTCOMES = ("enriched", "complete", "not_found", "ambiguous", "conflict", "skipped")


def main() -> None:
    """Wait, look, and print."""
    given = json.load(sys.stdin)
    django.setup()
    from apps.scholar_app import files, jobs  # noqa: PLC0415
    from apps.scholar_app.models import CleanupRun, EnrichmentJob  # noqa: PLC0415

    until = time.monotonic() + given["patience"]
    while EnrichmentJob.objects.active().exists() and time.monotonic() < until:
        time.sleep(1)
    rows = {str(job.pk): job for job in EnrichmentJob.objects.all()}
    stored = {file.name for folder in files.FOLDERS for file in files.stored(folder)}
    breaches = [
        *lost(given["uploads"], rows),
        *wrong(given["seed"], given["uploads"], rows, read=files.read),
        *left_over(rows, stored, companions=files.companions),
        *miscounted(rows, deaths=given["deaths"]),
    ]
    orphans = jobs.sweep_orphans(dry_run=True)
    print(json.dumps({
        "jobs": Counter(job.status for job in rows.values()),
        "failures": Counter(job.error_code for job in rows.values() if job.error_code),
        "entries": sum(job.entries_total for job in rows.values()),
        "added": sum(job.enriched for job in rows.values()),
        "rescues": sum(job.rescues for job in rows.values()),
        "cleanups": CleanupRun.objects.count(),
        "files": len(stored), "orphans_to_sweep": str(orphans), "breaches": breaches,
    }))  # fmt: skip


def _id(upload: dict[str, Any]) -> str:
    return str(upload["job"]).rstrip("/").rpartition("/")[2]


def lost(uploads: Sequence[dict[str, Any]], rows: dict[str, Any]) -> Iterator[str]:
    """Each upload answered with a job has one row and a visitor of its own; the others have none, but where the answer broke off."""
    answered = [_id(upload) for upload in uploads if upload["job"]]
    yield from (f"lost: {job}" for job in answered if job not in rows)
    yield from (f"answered twice: {job}" for job, times in Counter(answered).items() if times > 1)
    unanswered = sum(not upload["status"] or upload["status"] >= 500 for upload in uploads)
    unknown = set(rows) - set(answered)
    if len(unknown) > unanswered:
        yield f"{len(unknown)} jobs that nobody was told of, for {unanswered} uploads without an answer"
    visitors = Counter(job.visitor for job in rows.values())
    yield from (f"{times} jobs of one upload" for times in visitors.values() if times > 1)


def wrong(
    seed: int, uploads: Sequence[dict[str, Any]], rows: dict[str, Any], *, read: Callable[[str], bytes]
) -> Iterator[str]:
    """Each job ended, and as it should."""
    for upload in uploads:
        job = rows.get(_id(upload)) if upload["job"] else None
        if job is None:
            continue
        file = sent(seed, upload["number"])
        if file.kind == "refused":
            yield f"{job}: a file that is none was taken"
        elif job.status == "failed":
            yield from [] if job.error_code and job.error_message else [f"{job}: failed without a reason"]
        elif job.status != "completed":
            yield f"{job}: not ended"
        else:
            yield from (f"{job}: {breach}" for breach in wrong_result(job, file, read=read))


def wrong_result(job: Any, file: Sent, *, read: Callable[[str], bytes]) -> Iterator[str]:
    result, report = read(job.result_name), json.loads(read(job.report_name))
    if read(job.upload_name) != file.data:
        yield "the stored file is not the one that was sent"
    if not is_input_with_insertions(file.data.decode("latin-1"), result.decode("latin-1")):
        yield "something but additions was changed"
    known = {f"k{number}": number for number in file.numbers}
    told = [entry for entry in report["entries"] if entry["key"] in known]
    if {entry["key"] for entry in told} != set(known):
        yield f"{len(known) - len(told)} of {len(known)} entries are not in the report"
    for entry in told:
        if entry["outcome"] != "enriched":
            yield f"{entry['key']} is {entry['outcome']}: {entry['reason']}"
        yield from _untrue(entry, known[entry["key"]])
    for entry in report["entries"]:
        if entry["key"] not in known and entry["added"]:
            yield f"something was added to {entry['key']}, which nobody knows"


def _untrue(entry: dict[str, Any], number: int) -> Iterator[str]:
    for field, said in entry["added"].items():
        if not is_true(field, said["value"], number):
            yield f"{entry['key']}: {field} = {said['value']} is not true"


def left_over(rows: dict[str, Any], stored: set[str], *, companions: Callable[[str], Sequence[str]]) -> Iterator[str]:
    """Files are those of the rows, and theirs are all there."""
    named = {name for job in rows.values() for name in (job.upload_name, job.result_name, job.report_name) if name}
    beside = {other for name in named for other in companions(name)}
    yield from (f"missing: {name}" for name in sorted(named - stored))
    yield from (f"left over: {name}" for name in sorted(stored - named - beside))


def miscounted(rows: dict[str, Any], *, deaths: int = 0) -> Iterator[str]:
    """Outcomes add up to entries, and the operators' numbers to the rows, but for an event at each death."""
    from apps.scholar_app.tallies import tallies  # noqa: PLC0415

    for job in rows.values():
        counted = sum(getattr(job, outcome) for outcome in OUTCOMES)
        if job.status == "completed" and not counted == job.entries_done == job.entries_total:
            yield f"{job}: {counted} outcomes, {job.entries_done} done, of {job.entries_total} entries"
    told = tallies()
    submitted = told.get("jobs_submitted", {}).get("", 0)
    if not len(rows) - deaths <= submitted <= len(rows):
        yield f"{submitted:g} submissions were counted for {len(rows)} jobs"
    ended, over = sum(told.get("jobs_ended", {}).values()), sum(not job.is_active for job in rows.values())
    if not over - deaths <= ended <= over:
        yield f"{ended:g} ends were counted"


if __name__ == "__main__":
    main()
