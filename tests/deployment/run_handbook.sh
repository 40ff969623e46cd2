#!/usr/bin/env bash
# Runs the commands of the operations handbook in their order, under a real user manager, and looks after each of them
# at what it promises; prints what is seen, a line a fact. Arguments come in the environment: CHECKOUT, BLOCKS, OUT.
set -uo pipefail
cd "$CHECKOUT" || exit 1
export SYSTEMD_PAGER=''
site=http://127.0.0.1:8000

fact() { printf 'FACT %s=%s\n' "$1" "$2"; }
# Asks until the answer is the one that is wanted; prints the last answer.
ask_until() {
    local wanted=$1 answer=''
    shift
    for _ in $(seq 100); do
        answer=$("$@" 2>/dev/null)
        [ "$answer" = "$wanted" ] && break
        sleep 0.3
    done
    printf '%s' "$answer"
}
state() { systemctl --user is-active "$1"; }
status_code() { curl --silent --output /dev/null --write-out '%{http_code}' "$site/readyz?service=1"; }
workers() { systemctl --user list-units --no-legend --plain --state=active 'scitex-scholar-worker@*' | wc -l; }
pid() { systemctl --user show --property MainPID --value "$1"; }
spans() { systemctl --user show --property TimersMonotonic scitex-cleanup-jobs.timer | grep -oE 'On\w+USec=\w+' | sort -u | tr '\n' ' '; }
submit_job() {
    .venv/bin/python manage.py shell --no-imports -c "
from uuid import uuid4
from apps.scholar_app import jobs
jobs.submit(jobs.Owner(visitor=uuid4()), data=b'@misc{a, title={b}}', original_name='a.bib', entries_total=1)" >/dev/null
}
jobs_known() { .venv/bin/python manage.py cleanup_stale_jobs --dry-run --json | grep -oE '"total": [0-9]+' | grep -oE '[0-9]+'; }
told_of() { journalctl --user -p err --quiet --output cat | grep -o -m1 "^$1 has failed"; }

after_install() {
    fact enabled "$(systemctl --user is-enabled scitex-scholar-{web,worker@1,worker@2}.service scitex-cleanup-jobs.timer | sort -u)"
    fact workers_after_install "$(workers)"
    # A worker that is killed is there again, and so is the site.
    local before
    before=$(pid scitex-scholar-worker@1)
    kill -9 "$before" "$(pid scitex-scholar-web)"
    fact killed_worker_is_back "$(ask_until 2 workers)"
    fact it_is_another "$([ "$before" != "$(pid scitex-scholar-worker@1)" ] && echo yes)"
    fact killed_site_is_back "$(ask_until active state scitex-scholar-web)"
    ask_until 200 status_code >/dev/null
}
after_health() {
    # Without workers, the monitor's question is answered with no.
    systemctl --user stop 'scitex-scholar-worker@*'
    fact without_workers "$(ask_until 503 status_code)"
    systemctl --user start scitex-scholar-worker@{1,2}
    fact with_workers "$(ask_until 200 status_code)"
}
after_journal() { fact journal_has_cleanup "$(grep -c -m1 'Cleanup complete' "$OUT/journal")"; }
after_notify() {
    fact notify_line "$(told_of a-trial)"
    fact notify_command "$(cat "$HOME/alert")"
}
after_timer_off() { fact timer_off_state "$(state scitex-cleanup-jobs.timer) $(systemctl --user is-enabled scitex-cleanup-jobs.timer)"; }
after_timer_on() { fact timer_on_state "$(state scitex-cleanup-jobs.timer) $(systemctl --user is-enabled scitex-cleanup-jobs.timer)"; }
after_interval() { fact interval_spans "$(spans)"; }
after_drop_in() { fact drop_in_spans "$(spans)"; }
after_more_workers() { fact workers_more "$(workers)"; }
after_fewer_workers() { fact workers_fewer "$(workers)"; }
after_restart_timer() {
    # Settings that are refused: nothing starts, it is given up, and the operator is told all the same.
    echo SCITEX_MAX_ENTRIES=many >>.env
    systemctl --user restart scitex-scholar-worker@1
    fact broken_worker "$(ask_until failed systemctl --user is-failed scitex-scholar-worker@1)"
    fact broken_worker_told "$(ask_until "scitex-scholar-worker@1.service has failed" told_of scitex-scholar-worker@1.service)"
    systemctl --user start scitex-cleanup-jobs.service
    fact broken_cleanup_told "$(ask_until "scitex-cleanup-jobs.service has failed" told_of scitex-cleanup-jobs.service)"
    sed -i '$d' .env
}
after_forgive() { fact workers_forgiven "$(ask_until 2 workers)"; }
after_backup() {
    # What happens after the backup is not in it.
    before=$(jobs_known)
    submit_job
    fact job_after_backup "$(($(jobs_known) - before))"
}
after_restore() { fact jobs_after_restore "$(($(jobs_known) - before)) $(ask_until 200 status_code)"; }
after_uninstall() {
    fact left_running "$(systemctl --user list-units --no-legend --plain 'scitex-*' | wc -l)"
    fact left_files "$(find "$HOME/.config" -name '*scitex*' -not -path '*timer.d*' | wc -l)"
    fact kept_data "$(find "$CHECKOUT/var" -name scholar.sqlite3 | wc -l)"
}

mkdir -p "$OUT"
while IFS= read -r name; do
    echo "$name begins at $SECONDS s"
    bash -euo pipefail "$BLOCKS/$name.sh" >"$OUT/$name" 2>&1
    status=$?
    fact "block_$name" "$status"
    if [ "$status" != 0 ]; then sed "s/^/$name: /" "$OUT/$name" >&2; fi
    echo "$name was done at $SECONDS s"
    if declare -F "after_$name" >/dev/null; then "after_$name"; fi
done <"$BLOCKS/order"
