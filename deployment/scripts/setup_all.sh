#!/usr/bin/env bash
# Installs the whole service as systemd units: the site, its workers, the clean-up timer, and who is told of failures.
# Running it twice is the same as once; running it after an upgrade is the upgrade.
set -euo pipefail

readonly WEB=scitex-scholar-web WORKER=scitex-scholar-worker@ MIGRATE=scitex-scholar-migrate

usage() {
    cat <<'USAGE'
Usage: setup_all.sh [OPTIONS]

Installs and starts the site, its workers and the clean-up timer, and brings the database up to date.
The checkout is the one this script lies in; its Python is .venv/bin/python there. SCITEX_* settings that are set in
your shell are kept in a file that only you can read; those in the checkout's .env are read anyway.

  --user               as units of your own systemd user manager (the default)
  --system             as hardened system units (needs root)
  --run-as USER        with --system: who runs them (default: as before, or the checkout's owner if not root)
  --workers N          workers on this machine, 0 to 99 (default: 1)
  --processes N        jobs that each worker works on at a time, 1 to 99 (default: 4)
  --bind ADDRESS       where the site listens: HOST:PORT or unix:PATH (default: 127.0.0.1:8000)
  --web-processes N    processes of the site, 1 to 99 (default: 2; about one for each core)
  --no-web             no site on this machine
  --no-timer           no clean-up on this machine: another one has it
  --high-traffic       clean up every minute
  --interval SPAN      clean up that often: 30s, 1min, 1h (default: 5min)
  --delete-old-jobs    let the clean-up also delete finished jobs past their retention
  --retention-days N   with --delete-old-jobs: days to keep them (0 to 36500; default: the setting)
  --python PATH        another Python than the checkout's own
  --no-linger          do not let your user units run while you are logged out
  --uninstall          stop everything and remove what was installed; data and settings in .env stay
  --dry-run            show what would be written and run, and change nothing
  -h, --help           this text

Exit status: 0 installed and running, 1 it did not work, 2 bad arguments.
USAGE
}

# shellcheck source=deployment/scripts/units.sh
. "$(dirname "${BASH_SOURCE[0]}")/units.sh"

# ------------------------------------------------------------------ arguments

bind=127.0.0.1:8000 workers=1 processes=4 web_processes=2 web=true timer=true

read_own_flag() {
    case $1 in
        --no-web) web=false ;;
        --no-timer) timer=false ;;
        --high-traffic) interval=1min ;;
        *) return 1 ;;
    esac
}

read_own_value() {
    case $1 in
        --workers) workers=$2 ;;
        --processes) processes=$2 ;;
        --bind) bind=$2 ;;
        --web-processes) web_processes=$2 ;;
        *) return 1 ;;
    esac
}

check_arguments() {
    check_number --workers "$workers" 0
    check_number --processes "$processes" 1
    check_number --web-processes "$web_processes" 1
    [[ $bind =~ ^(unix:/[^[:space:]\"\$%]+|[A-Za-z0-9._-]+:[0-9]{1,5}|\[[0-9A-Fa-f:.]+\]:[0-9]{1,5})$ ]] ||
        misused "--bind: '$bind' is not HOST:PORT or unix:PATH"
    check_retention
    check_run_as
}

check_number() {
    [[ $2 =~ ^[0-9]{1,2}$ ]] && [ "$((10#$2))" -ge "$3" ] || misused "$1: '$2' is not a whole number from $3 to 99"
}

# ------------------------------------------------------------------ the unit files

render_own() {
    local text target=default.target
    if [ "$mode" = system ]; then target=multi-user.target; fi
    text=$(render "$1")
    text=${text//@BIND@/"$bind"}
    text=${text//@WEB_PROCESSES@/"$((10#$web_processes))"}
    text=${text//@PROCESSES@/"$((10#$processes))"}
    text=${text//@INSTALL_TARGET@/"$target"}
    printf '%s\n' "$text"
}

own_units() {
    printf '%s\n' "$NOTIFY.service" "$MIGRATE.service" "$WORKER.service"
    if "$web"; then printf '%s\n' "$WEB.service"; fi
}

# ------------------------------------------------------------------ install, uninstall

install_units() {
    local unit
    local -a names
    mapfile -t names < <(own_units)
    keep_settings
    for unit in "${names[@]}"; do write_unit "$unit" "$(render_own "$unit")"; done
    if "$dry_run"; then
        say "Would run: systemctl daemon-reload; start $MIGRATE.service once; enable and restart ${names[*]:2} ($workers workers)"
        return
    fi
    verify_units "${names[@]}"
    control daemon-reload
}

migrate() {
    control start "$MIGRATE.service" && return
    show_journal "$MIGRATE"
    fail 'the database could not be brought up to date (see above); what ran before still runs'
}

start_services() {
    local unit number
    local -a wanted=()
    if "$web"; then wanted+=("$WEB.service"); fi
    for ((number = 1; number <= 10#$workers; number++)); do wanted+=("$WORKER$number.service"); done
    dismiss_others "${wanted[@]}"
    for unit in "${wanted[@]}"; do
        control enable --quiet "$unit"
        # One that failed too often in a row is not started any more until that is forgiven.
        control reset-failed "$unit" 2>/dev/null || true
        control restart "$unit" || {
            show_journal "$unit"
            fail "$unit does not start (see above)"
        }
    done
}

# Workers, or a site, of an earlier run that are not wanted any more.
dismiss_others() {
    local link unit
    for link in "$units"/*.wants/{"$WEB","$WORKER"*}.service; do
        unit=${link##*/}
        if [ ! -L "$link" ] || [[ " $* " == *" $unit "* ]]; then continue; fi
        control disable --quiet --now "$unit"
        say "Stopped $unit"
    done
    if ! "$web"; then remove_unit "$WEB.service"; fi
}

# The arbiter is ready before the workers behind it have read the settings: ask for an answer, whatever it is.
await_site() {
    "$web" && [[ $bind != unix:* ]] || return 0
    local address=${bind/#0.0.0.0:/127.0.0.1:}
    "$python" - "http://$address/healthz" <<'PYTHON' || {
import sys, time, urllib.error, urllib.request

for _ in range(100):
    try:
        urllib.request.urlopen(sys.argv[1], timeout=5)
        sys.exit(0)
    except urllib.error.HTTPError:
        sys.exit(0)
    except OSError:
        time.sleep(0.3)
sys.exit(1)
PYTHON
        show_journal "$WEB"
        fail "the site does not answer on http://$address (see above)"
    }
    say "The site answers on http://$address"
}

set_up_timer() {
    local -a options=(--"$mode" --python "$python" --interval "$interval" --no-linger)
    if "$delete_old_jobs"; then options+=(--delete-old-jobs); fi
    if [ -n "$retention_days" ]; then options+=(--retention-days "$retention_days"); fi
    if [ "$mode" = system ]; then options+=(--run-as "$run_as"); fi
    if "$dry_run"; then options+=(--dry-run); fi
    KEPT_ALREADY=$kept_already "$checkout/deployment/scripts/setup_cleanup_timer.sh" "${options[@]}"
}

# The account of the system units may not keep what Python makes of our files, and would make it anew at each start.
compile_once() {
    if [ "$mode" = system ]; then (cd "$checkout" && "$python" -m compileall -q apps scitex_cloud); fi
}

install_all() {
    install_units
    allow_linger
    if ! "$dry_run"; then
        compile_once
        migrate
        start_services
        await_site
    fi
    if "$timer"; then set_up_timer; fi
    "$dry_run" || say 'Installed. How it fares: docs/operations.md, "Watching".'
}

uninstall_all() {
    local unit
    web=false
    if ! "$dry_run"; then
        dismiss_others
        control stop "$WORKER*.service" "$WEB.service" 2>/dev/null || true
    fi
    for unit in "$WEB.service" "$WORKER.service" "$MIGRATE.service"; do remove_unit "$unit"; done
    local -a options=(--"$mode" --uninstall)
    if "$dry_run"; then options+=(--dry-run); fi
    "$checkout/deployment/scripts/setup_cleanup_timer.sh" "${options[@]}"
    "$dry_run" || control reset-failed "scitex-scholar-*" 2>/dev/null || true
}

main() {
    read_arguments "$@"
    check_arguments
    find_places
    "$dry_run" || require_manager
    if "$uninstall"; then
        uninstall_all
        return
    fi
    find_python
    if [ "$mode" = system ]; then find_data_paths; fi
    install_all
}

main "$@"
