#!/usr/bin/env bash
# Installs the systemd timer that fails stale enrichment jobs every 5 minutes. Running it twice is the same as once.
set -euo pipefail

readonly NAME=scitex-cleanup-jobs

usage() {
    cat <<'USAGE'
Usage: setup_cleanup_timer.sh [OPTIONS]

Installs, starts and tries out the timer that runs `manage.py cleanup_stale_jobs` every 5 minutes.
The checkout is the one this script lies in; its Python is .venv/bin/python there. SCITEX_* settings that are set in
your shell are kept in a file that only you can read, so that the timer works on the same data; those in the
checkout's .env are read anyway.

  --user               as units of your own systemd user manager (the default)
  --system             as hardened system units (needs root)
  --run-as USER        with --system: who runs the clean-up (default: as before, or the checkout's owner if not root)
  --interval SPAN      time between runs, as systemd writes it: 30s, 1min, 1h (default: 5min)
  --delete-old-jobs    also delete finished jobs past their retention
  --retention-days N   with --delete-old-jobs: days to keep them (0 to 36500; default: the setting)
  --python PATH        another Python than the checkout's own
  --no-linger          do not let your user units run while you are logged out
  --uninstall          stop the timer and remove what was installed
  --dry-run            show what would be written and run, and change nothing
  -h, --help           this text

Exit status: 0 installed (and a first run succeeded), 1 it did not work, 2 bad arguments.
USAGE
}

# shellcheck source=deployment/scripts/units.sh
. "$(dirname "${BASH_SOURCE[0]}")/units.sh"

# ------------------------------------------------------------------ arguments

read_own_flag() { return 1; }
read_own_value() { return 1; }

check_arguments() {
    [[ $interval =~ ^([1-9][0-9]{0,5}(s|sec|m|min|h|hr|d)?[[:space:]]?)+$ ]] ||
        misused "--interval: '$interval' is not a time span like 30s, 5min or 1h"
    check_retention
    check_run_as
}

# ------------------------------------------------------------------ the unit files

options() {
    if "$delete_old_jobs"; then printf ' --delete-old-jobs'; fi
    if [ -n "$retention_days" ]; then printf ' --retention-days %s' "$((10#$retention_days))"; fi
}

render_own() {
    local text
    text=$(render "$1")
    text=${text//@OPTIONS@/"$(options)"}
    text=${text//OnUnitActiveSec=$DEFAULT_INTERVAL/"OnUnitActiveSec=$interval"}
    text=${text//every 5 minutes/"every $interval"}
    printf '%s\n' "$text"
}

# ------------------------------------------------------------------ install, uninstall

install_units() {
    keep_settings
    write_unit "$NAME.service" "$(render_own "$NAME.service")"
    write "$units/$NAME.timer" 644 "$(render_own "$NAME.timer")"
    write_unit "$NOTIFY.service" "$(render "$NOTIFY.service")"
}

run_once() {
    if control start "$NAME.service"; then
        say 'The first run succeeded.'
        return
    fi
    show_journal "$NAME"
    fail "the clean-up itself failed (see above); the timer is installed. Correct what it says, and run this again"
}

install_timer() {
    install_units
    if "$dry_run"; then
        say "Would run: systemctl daemon-reload; enable and start $NAME.timer; start $NAME.service once"
        allow_linger
        return
    fi
    verify_units "$NAME.service" "$NAME.timer"
    control daemon-reload
    control enable --quiet "$NAME.timer"
    control restart "$NAME.timer"
    allow_linger
    run_once
    control list-timers --all --no-pager "$NAME.timer"
}

uninstall_timer() {
    if ! "$dry_run"; then control disable --quiet --now "$NAME.timer" 2>/dev/null || true; fi
    remove_unit "$NAME.timer"
    remove_unit "$NAME.service"
    remove_what_is_shared
    if "$dry_run"; then return; fi
    control daemon-reload
    control reset-failed "$NAME.service" 2>/dev/null || true
    say "Removed $NAME."
}

main() {
    read_arguments "$@"
    check_arguments
    find_places
    "$dry_run" || require_manager
    if "$uninstall"; then
        uninstall_timer
        return
    fi
    find_python
    if [ "$mode" = system ]; then find_data_paths; fi
    install_timer
}

main "$@"
