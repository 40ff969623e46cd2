#!/usr/bin/env bash
# What an operator does with a whole machine, after each of its boots; prints what is seen, a line a fact. Run as root,
# in a machine of its own. In /trial/blocks lie the commands of the handbook, in the words for system units.
set -uo pipefail
export SYSTEMD_PAGER='' PYTHONDONTWRITEBYTECODE=1
checkout=/opt/scitex-scholar site=http://127.0.0.1:8000 stage=/var/stage
cd $checkout || exit 1
command -v sudo >/dev/null || {
    sudo() { "$@"; }
    export -f sudo
}

fact() { printf 'FACT %s=%s\n' "$1" "$2"; }
# Asks until the answer is the one that is wanted; prints the last answer.
ask_until() {
    local wanted=$1 answer=''
    shift
    for _ in $(seq 100); do
        answer=$("$@" 2>/dev/null)
        [ "$answer" = "$wanted" ] && break
        sleep 0.2
    done
    printf '%s' "$answer"
}
manage() { deployment/scripts/manage.sh --system "$@"; }
pid() { systemctl show --property MainPID --value "$1"; }
spans() { systemctl show --property TimersMonotonic scitex-cleanup-jobs.timer | grep -oE 'On\w+USec=\w+' | sort -u | tr '\n' ' '; }
workers() { systemctl list-units --no-legend --plain --state=active 'scitex-scholar-worker@*' | wc -l; }
status_code() { curl --silent --output /dev/null --write-out '%{http_code}' "$site/readyz?service=1"; }
count() {
    $checkout/.venv/bin/python - "${1:-%}" <<'PYTHON'
import sqlite3, sys
database = sqlite3.connect("file:/var/lib/scitex-scholar/scholar.sqlite3?mode=ro", uri=True)
print(*database.execute("SELECT COUNT(*) FROM scholar_app_enrichmentjob WHERE status LIKE ?", sys.argv[1:]).fetchone())
PYTHON
}
children() {
    local worker child
    worker=$(pid scitex-scholar-worker@1)
    for child in $(<"/proc/$worker/task/$worker/children"); do
        printf '%s %s\n' "$(grep -o 'nice.*' "/proc/$child/autogroup")" "$(<"/proc/$child/oom_score_adj")"
    done | sort -u
}
failed_lately() { journalctl -p err --quiet --output cat | grep -o -m1 "^$1 has failed"; }
letters() { grep -c "^To: operator@example.org" /trial/letters; }
submit_job() {
    manage shell --no-imports -c "
from uuid import uuid4
from apps.scholar_app import jobs
jobs.submit(jobs.Owner(visitor=uuid4()), data=b'@misc{a, title={b}}', original_name='a.bib', entries_total=1)" >/dev/null
}
block() {
    echo "block $1 at $SECONDS s"
    bash -euo pipefail "/trial/blocks/$1.sh" >/trial/said 2>&1
    local status=$?
    fact "block_$1" $status
    if [ $status != 0 ]; then sed "s/^/$1: /" /trial/said; fi
}

# ------------------------------------------------------------------ system units

after_system_settings() {
    cat >>/etc/scitex-scholar/environment <<'SETTINGS'
# a word of the operator's
SCITEX_SOURCES=catalogue
SCITEX_LEASE_SECONDS=3
SCITEX_WORKERS_EXPECTED=2
SCITEX_EMAIL_URL=smtp://127.0.0.1:2525
SCITEX_ALERT_EMAIL=operator@example.org
SETTINGS
    # Somebody who takes letters.
    python3 /trial/postbox.py /trial/letters >/dev/null 2>&1 &
}
after_system_install() {
    fact word_of_the_operator "$(grep -c "a word of the operator's" /etc/scitex-scholar/environment)"
    fact enabled "$(systemctl is-enabled scitex-scholar-{web,worker@1,worker@2}.service scitex-cleanup-jobs.timer | sort -u)"
    fact installed "$(ask_until 200 status_code) $(workers)"
    fact runs_as "$(ps_user scitex-scholar-web) $(ps_user scitex-scholar-worker@1)"
    fact complaints "$(systemd-analyze verify /etc/systemd/system/scitex-*.{service,timer} 2>&1 | grep -c scitex-)"
    fact exposure "$(for unit in scitex-scholar-{web,worker@1,migrate,notify@a} scitex-cleanup-jobs; do
        systemd-analyze security --threshold=20 "$unit.service" >/dev/null && echo below
    done | sort | uniq -c | xargs)"
    fact weights "$(systemctl show --property CPUWeight --value scitex-scholar-web scitex-scholar-worker@1 | xargs)"
    # The children of a worker give way, and are the first to go when memory is short, in spite of the hardening.
    fact children "$(ask_until 'nice 10 500' children)"
    submit_job
    fact hardened_job "$(ask_until 1 count completed)"
    local before
    before=$(pid scitex-scholar-worker@1)
    kill -9 "$before" "$(pid scitex-scholar-web)"
    fact killed_comes_back "$(ask_until 2 workers) $(ask_until 200 status_code)"
    fact it_is_another "$([ "$before" != "$(pid scitex-scholar-worker@1)" ] && echo yes)"
    before=$(pid scitex-scholar-web)
    systemctl reload scitex-scholar-web
    fact reloaded "$? $(ask_until 200 status_code) $([ "$before" = "$(pid scitex-scholar-web)" ] && echo same)"
}
ps_user() { stat --format %U "/proc/$(pid "$1")"; }
before_secrets() {
    mkdir /etc/scholar
    (umask 077 && printf 'a-key-that-nobody-guesses-%s' $RANDOM$RANDOM$RANDOM$RANDOM-0123456789-abcdefghij >/etc/scholar/key)
}
after_secrets() {
    local folder
    folder=$(tr '\0' '\n' <"/proc/$(pid scitex-scholar-worker@1)/environ" | sed -n 's/^CREDENTIALS_DIRECTORY=//p')
    fact key_given "$(basename "$folder") $(ls "$folder")"
    fact key_in_environment "$(tr '\0' '\n' <"/proc/$(pid scitex-scholar-worker@1)/environ" | grep -c nobody-guesses)"
    ask_until 200 status_code >/dev/null
    rm /var/lib/scitex-scholar/secret_key # which is made anew where none is given
    echo SCITEX_HTTPS=on >>/etc/scitex-scholar/environment
    fact deploy "$(manage check --deploy --fail-level WARNING 2>&1 | tail -n 1)"
    sed -i '$d' /etc/scitex-scholar/environment
    fact with_the_key "$(find /var/lib/scitex-scholar -name secret_key | wc -l)"
}
after_journal() { fact journal_has_cleanup "$(grep -c -m1 'Cleanup complete' /trial/said)"; }
after_notify() { fact told "$(failed_lately a-trial) $(ask_until 1 letters)"; }
after_timer_off() { fact timer_off "$(systemctl is-active scitex-cleanup-jobs.timer) $(systemctl is-enabled scitex-cleanup-jobs.timer)"; }
after_timer_on() { fact timer_on "$(systemctl is-active scitex-cleanup-jobs.timer) $(systemctl is-enabled scitex-cleanup-jobs.timer)"; }
after_interval() { fact interval "$(spans)"; }
after_drop_in() {
    fact drop_in "$(spans)"
    # It fires by itself.
    printf '[Timer]\nOnActiveSec=\nOnActiveSec=1s\nOnUnitActiveSec=1s\n' >/etc/systemd/system/scitex-cleanup-jobs.timer.d/z.conf
    systemctl daemon-reload
    local before
    before=$(journalctl -u scitex-cleanup-jobs --output cat | grep -c 'Cleanup complete')
    systemctl restart scitex-cleanup-jobs.timer
    for _ in $(seq 100); do
        [ "$(journalctl -u scitex-cleanup-jobs --output cat | grep -c 'Cleanup complete')" -gt "$before" ] && break
        sleep 0.2
    done
    fact fires "$([ "$(journalctl -u scitex-cleanup-jobs --output cat | grep -c 'Cleanup complete')" -gt "$before" ] && echo yes)"
    rm -r /etc/systemd/system/scitex-cleanup-jobs.timer.d
    systemctl daemon-reload
    systemctl restart scitex-cleanup-jobs.timer
}
after_more_workers() { fact more_workers "$(workers)"; }
after_fewer_workers() { fact fewer_workers "$(workers)"; }
after_forgive() { fact forgiven "$(ask_until 2 workers)"; }
before_system_backup() { total=$(count); }
after_system_backup() { submit_job; }
after_system_restore() { fact restored "$(($(count) - total)) $(ask_until 200 status_code)"; }
# The database is that of an older release.
pending() { manage showmigrations --plan | grep -c '^\[ \]'; }
before_upgrade() {
    manage migrate --no-input scholar_app 0006 >/dev/null
    fact to_migrate "$(pending)"
    upgraded=$(pid scitex-scholar-web)-$(pid scitex-scholar-worker@1)
    completed=$(count completed)
    submit_job
}
after_upgrade() {
    fact migrated "$(pending) $(ask_until 200 status_code) $(workers)"
    fact runs_the_new_code "$([ "${upgraded%-*}" != "$(pid scitex-scholar-web)" ] && [ "${upgraded#*-}" != "$(pid scitex-scholar-worker@1)" ] && echo yes)"
    fact job_beside_the_upgrade "$(($(ask_until $((completed + 1)) count completed) - completed))"
}
after_uninstall() {
    fact left_running "$(systemctl list-units --no-legend --plain 'scitex-*' | wc -l)"
    fact left_units "$(find /etc/systemd/system -name 'scitex-*' -not -name 'scitex-.service.d' | wc -l)"
    fact kept "$(grep -c DATA_DIR /etc/scitex-scholar/environment) $(find /var/lib/scitex-scholar -name scholar.sqlite3 | wc -l)"
}

follow() {
    local name
    while IFS= read -r name; do
        if declare -F "before_$name" >/dev/null; then "before_$name"; fi
        block "$name"
        if declare -F "after_$name" >/dev/null; then "after_$name"; fi
    done <"$1"
}

# ------------------------------------------------------------------ user units of somebody who logs in and out

# In a session as login makes it; it ends with the command.
as_keeper() { systemd-run --quiet --pipe --wait --collect --property=User=keeper --property=PAMName=login --property=WorkingDirectory=/srv/keeper/scitex-scholar "$@" </dev/null; }
sessions() { loginctl list-sessions --no-legend | grep -c keeper; }
of_keeper() { systemctl is-active "user@$(id -u keeper).service"; }
site_of_keeper() { curl --silent --output /dev/null --write-out '%{http_code}' $site/healthz; }

user_units() {
    useradd --create-home --home-dir /srv/keeper --shell /bin/bash keeper
    cp -R $checkout /srv/keeper/scitex-scholar
    echo SCITEX_SOURCES=catalogue >/srv/keeper/scitex-scholar/.env
    chown -R keeper: /srv/keeper
    mkdir -p /etc/systemd/logind.conf.d
    printf '[Login]\nUserStopDelaySec=0\n' >/etc/systemd/logind.conf.d/trial.conf
    systemctl restart systemd-logind
    as_keeper /srv/keeper/scitex-scholar/deployment/scripts/setup_all.sh --workers 0 --no-timer --no-linger >/trial/said 2>&1
    fact user_install "$?"
    fact logged_out "$(ask_until inactive of_keeper) $(sessions) $(site_of_keeper)"
    USER=keeper bash -euo pipefail /trial/blocks/linger.sh
    fact managed "$(as_keeper /srv/keeper/scitex-scholar/deployment/scripts/manage.sh check | tail -n 1)"
    fact lingers "$(ask_until active of_keeper) $(sessions) $(ask_until 200 site_of_keeper)"
}

# ------------------------------------------------------------------ boot after boot

boots=$(($(cat $stage 2>/dev/null || echo 0) + 1))
echo $boots >$stage
echo "boot $boots"
case $boots in
    1)
        follow /trial/blocks/order
        systemctl reboot
        sleep infinity
        ;;
    2)
        fact after_boot "$(ask_until 200 status_code) $(workers) $(systemctl is-active scitex-cleanup-jobs.timer)"
        follow /trial/blocks/end
        user_units
        systemctl reboot
        sleep infinity
        ;;
    3) fact lingers_after_boot "$(ask_until 200 site_of_keeper) $(sessions)" ;;
esac
