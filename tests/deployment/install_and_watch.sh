#!/usr/bin/env bash
# Installs the clean-up timer as an operator would, under a real user manager, and prints what is seen, a line a fact.
# Arguments come in the environment: CHECKOUT, PYTHON, DATA.
set -uo pipefail
cd "$CHECKOUT" || exit 1
# shellcheck disable=SC2016  # the dollar is part of the value
export PYTHONDONTWRITEBYTECODE=1 SCITEX_ENV_FILE='' SCITEX_DATA_DIR="$DATA" SCITEX_SECRET_KEY='spaces "and" $igns'
setup=deployment/scripts/setup_cleanup_timer.sh
units=$HOME/.config/systemd/user
kept=$HOME/.config/scitex-scholar/environment

fact() { printf 'FACT %s=%s\n' "$1" "$2"; }
shell() { "$PYTHON" manage.py shell --no-imports -c "$1" | tail -n 1; }
stale_job() {
    shell "
from datetime import timedelta
from uuid import uuid4
from django.utils import timezone
from apps.scholar_app import jobs
from apps.scholar_app.models import EnrichmentJob
job = jobs.submit(jobs.Owner(visitor=uuid4()), data=b'@misc{a, title={b}}', original_name='a.bib', entries_total=1)
EnrichmentJob.objects.filter(pk=job.pk).update(queued_at=timezone.now() - timedelta(minutes=6))
print(job.pk)"
}
status_of() { shell "
from apps.scholar_app.models import EnrichmentJob
print(EnrichmentJob.objects.get(pk='$1').status)"; }
# Asks until the answer is the one that is wanted; prints the last answer.
ask_until() {
    local wanted=$1 answer=''
    shift
    for _ in $(seq 60); do
        answer=$("$@")
        [ "$answer" = "$wanted" ] && break
        sleep 0.5
    done
    printf '%s' "$answer"
}

# A database without tables: the first run fails, and so does the installation.
"$setup" --python "$PYTHON" >"$DATA/unmigrated" 2>&1
fact unmigrated_status $?
fact unmigrated_words "$(grep -c 'the clean-up itself failed' "$DATA/unmigrated")"

"$PYTHON" manage.py migrate --verbosity 0
"$setup" --python "$PYTHON" --interval 1s >"$DATA/first" 2>&1
fact first_status $?
fact first_run "$(grep -c 'The first run succeeded' "$DATA/first")"
fact lists_the_timer "$(grep -c 'scitex-cleanup-jobs.timer  *scitex-cleanup-jobs.service' "$DATA/first")"
fact kept_settings_mode "$(stat -c %a "$kept")"
before=$(cat "$units"/scitex-cleanup-jobs.* "$kept" | sha256sum)
"$setup" --python "$PYTHON" --interval 1s >"$DATA/second" 2>&1
fact second_status $?
fact second_wrote "$(grep -c '^Wrote' "$DATA/second")"
fact unchanged "$([ "$before" = "$(cat "$units"/scitex-cleanup-jobs.* "$kept" | sha256sum)" ] && echo yes)"

# The timer, not this script, fails the stale job, in the very data of this shell.
# A stopped timer does not end the run that it began, so that one is waited for.
systemctl --user stop scitex-cleanup-jobs.timer
ask_until inactive systemctl --user is-active scitex-cleanup-jobs.service >/dev/null
job=$(stale_job)
fact stale_before "$(status_of "$job")"
systemctl --user start scitex-cleanup-jobs.timer
fact stale_after "$(ask_until failed status_of "$job")"
fact recorded_runs "$(shell "
from apps.scholar_app.models import CleanupRun
print(CleanupRun.objects.filter(failed_pending=1).count())")"

# What the operator's handbook says can be asked and done.
sync_journal() { journalctl --user -u scitex-cleanup-jobs -n 50 --no-pager | grep -c 'Cleanup complete'; }
fact journal "$([ "$(sync_journal)" -ge 1 ] && echo yes)"
for verb in status disable enable stop start; do
    systemctl --user --no-pager $verb scitex-cleanup-jobs.timer >/dev/null 2>&1
    fact "$verb" $?
done
fact enabled "$(systemctl --user is-enabled scitex-cleanup-jobs.timer)"
fact next_run "$(systemctl --user list-timers --no-pager scitex-cleanup-jobs.timer | grep -c scitex-cleanup-jobs.service)"

# The timer goes on after a run that failed, and that run is seen as failed.
mv "$DATA/scholar.sqlite3" "$DATA/away"
fact fails_without_database "$(ask_until failed systemctl --user is-failed scitex-cleanup-jobs.service)"
rm -f "$DATA"/scholar.sqlite3*
mv "$DATA/away" "$DATA/scholar.sqlite3"
job=$(stale_job)
fact goes_on "$(ask_until failed status_of "$job")"

"$setup" --uninstall >/dev/null 2>&1
fact uninstall_status $?
"$setup" --uninstall >/dev/null 2>&1
fact uninstall_again_status $?
fact left_over "$(find "$units" "$(dirname "$kept")" -name '*scitex*' 2>/dev/null | wc -l)"
fact active_after_uninstall "$(systemctl --user is-active scitex-cleanup-jobs.timer)"
