#!/usr/bin/env bash
# Installs the systemd timer that fails stale enrichment jobs every 5 minutes. Running it twice is the same as once.
set -euo pipefail

readonly NAME=scitex-cleanup-jobs
readonly DEFAULT_INTERVAL=5min

usage() {
    cat <<'USAGE'
Usage: setup_cleanup_timer.sh [OPTIONS]

Installs, starts and tries out the timer that runs `manage.py cleanup_stale_jobs` every 5 minutes.
The checkout is the one this script lies in; its Python is .venv/bin/python there. SCITEX_* settings that are set in
your shell are kept in a file that only you can read, so that the timer works on the same data; those in the
checkout's .env are read anyway.

  --user               as units of your own systemd user manager (the default)
  --system             as hardened system units (needs root)
  --run-as USER        with --system: who runs the clean-up (default: the owner of the checkout)
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

say() { printf '%s\n' "$*"; }
fail() {
    printf 'setup_cleanup_timer.sh: %s\n' "$*" >&2
    exit 1
}
misused() {
    printf 'setup_cleanup_timer.sh: %s\nTry --help.\n' "$*" >&2
    exit 2
}

# ------------------------------------------------------------------ arguments

mode=user interval=$DEFAULT_INTERVAL python='' run_as='' retention_days=''
delete_old_jobs=false linger=true uninstall=false dry_run=false

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --user) mode=user ;;
            --system) mode=system ;;
            --delete-old-jobs) delete_old_jobs=true ;;
            --no-linger) linger=false ;;
            --uninstall) uninstall=true ;;
            --dry-run) dry_run=true ;;
            -h | --help)
                usage
                exit 0
                ;;
            --run-as=* | --interval=* | --retention-days=* | --python=*)
                local option=${1%%=*} value=${1#*=}
                shift
                set -- "$option" "$value" "$@"
                continue
                ;;
            --run-as | --interval | --retention-days | --python)
                [ $# -ge 2 ] && [ -n "$2" ] || misused "$1 needs a value"
                read_value "$1" "$2"
                shift
                ;;
            *) misused "unknown option: $1" ;;
        esac
        shift
    done
}

read_value() {
    case $1 in
        --run-as) run_as=$2 ;;
        --interval) interval=$2 ;;
        --retention-days) retention_days=$2 ;;
        --python) python=$2 ;;
    esac
}

check_arguments() {
    [[ $interval =~ ^([1-9][0-9]{0,5}(s|sec|m|min|h|hr|d)?[[:space:]]?)+$ ]] ||
        misused "--interval: '$interval' is not a time span like 30s, 5min or 1h"
    if [ -n "$retention_days" ]; then
        [[ $retention_days =~ ^[0-9]{1,5}$ ]] && [ "$((10#$retention_days))" -le 36500 ] ||
            misused "--retention-days: '$retention_days' is not a whole number from 0 to 36500"
        "$delete_old_jobs" || misused '--retention-days goes with --delete-old-jobs'
    fi
    [ -z "$run_as" ] || [ "$mode" = system ] || misused '--run-as goes with --system'
    [ -z "$run_as" ] || id "$run_as" >/dev/null 2>&1 || misused "--run-as: there is no user '$run_as'"
}

# ------------------------------------------------------------------ what is where

find_places() {
    checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
    [ -f "$checkout/manage.py" ] || fail "no manage.py in $checkout"
    templates=$checkout/deployment/systemd
    if [ "$mode" = system ]; then
        units=/etc/systemd/system
        environment=/etc/scitex-scholar/environment
        run_as=${run_as:-$(stat -c %U "$checkout")}
    else
        local config=${XDG_CONFIG_HOME:-$HOME/.config}
        units=$config/systemd/user
        environment=$config/scitex-scholar/environment
    fi
}

find_python() {
    python=${python:-$checkout/.venv/bin/python}
    [ -x "$python" ] || fail "no Python at $python; run 'make setup' in $checkout first, or name one with --python"
    python=$(cd "$(dirname "$python")" && pwd -P)/$(basename "$python")
    (cd "$checkout" && as_service_user "$python" manage.py check >/dev/null) ||
        fail 'the settings are refused, see above; nothing was installed'
}

# Runs a command as the one who will run the clean-up, so that what works here works in the unit as well.
as_service_user() {
    if [ "$mode" = system ] && [ "$(id -un)" != "$run_as" ]; then
        setpriv --reuid "$run_as" --regid "$(id -g "$run_as")" --init-groups -- "$@"
    else
        "$@"
    fi
}

control() {
    if [ "$mode" = system ]; then systemctl "$@"; else systemctl --user "$@"; fi
}

require_manager() {
    [ "$mode" = user ] || [ "$(id -u)" -eq 0 ] || fail '--system needs root'
    if [ "$mode" = user ]; then export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}; fi
    control show-environment >/dev/null 2>&1 ||
        fail "the systemd $mode manager does not answer; log in as this user in a session of its own (not with su), or use --system"
}

# ------------------------------------------------------------------ the unit files

# In a unit file a per cent sign begins a specifier.
unit_path() { printf '%s' "${1//%/%%}"; }

# A word of a command line: quoted, since a path may hold spaces.
unit_word() {
    local word=${1//\\/\\\\}
    word=${word//\"/\\\"}
    word=${word//\$/\$\$}
    printf '"%s"' "$(unit_path "$word")"
}

options() {
    if "$delete_old_jobs"; then printf ' --delete-old-jobs'; fi
    if [ -n "$retention_days" ]; then printf ' --retention-days %s' "$((10#$retention_days))"; fi
}

render() {
    local text
    text=$(<"$templates/$1")
    text=${text//@CHECKOUT_PATH@/"$(unit_path "$checkout")"}
    text=${text//@ENVIRONMENT_PATH@/"$(unit_path "$environment")"}
    text=${text//@PYTHON@/"$(unit_word "$python")"}
    text=${text//@OPTIONS@/"$(options)"}
    text=${text//@USER@/"$run_as"}
    text=${text//@DATA_PATHS@/"$data_paths"}
    text=${text//OnUnitActiveSec=$DEFAULT_INTERVAL/"OnUnitActiveSec=$interval"}
    text=${text//every 5 minutes/"every $interval"}
    printf '%s\n' "$text"
}

# The folders that hold the data, asked from the settings themselves.
find_data_paths() {
    data_paths=$(cd "$checkout" && "$python" - <<'PYTHON'
from pathlib import Path

from scitex_cloud import settings

database = settings.DATABASES["default"]
places = {settings.SCITEX_DATA_DIR}
if database["ENGINE"].endswith("sqlite3"):
    places.add(Path(database["NAME"]).resolve().parent)
print(" ".join('"' + str(place).replace("%", "%%") + '"' for place in sorted(places)))
PYTHON
    ) || fail 'the settings could not be read'
}

# SCITEX_* of this shell, in the quoting of an EnvironmentFile.
shell_settings() {
    local name value
    while IFS= read -r name; do
        value=${!name}
        [[ $value != *$'\n'* ]] || fail "$name holds a line break"
        value=${value//\\/\\\\}
        value=${value//\"/\\\"}
        value=${value//\$/\\\$}
        value=${value//\`/\\\`}
        printf '%s="%s"\n' "$name" "$value"
    done < <(compgen -e | grep '^SCITEX_' | sort)
}

write() {
    local target=$1 permissions=$2 text=$3
    if "$dry_run"; then
        printf -- '--- %s\n%s\n' "$target" "$text"
        return
    fi
    mkdir -p "$(dirname "$target")"
    if [ -f "$target" ] && [ "$(<"$target")" = "$text" ]; then return; fi
    (umask 077 && printf '%s\n' "$text" >"$target.new")
    chmod "$permissions" "$target.new"
    mv "$target.new" "$target"
    say "Wrote $target"
}

act() {
    if "$dry_run"; then
        say "Would run: $*"
    else
        "$@"
    fi
}

# ------------------------------------------------------------------ install, uninstall

install_units() {
    local settings
    settings=$(shell_settings)
    if [ -n "$settings" ] && "$dry_run"; then
        say "Would keep the SCITEX_ settings of this shell in $environment"
    elif [ -n "$settings" ]; then
        write "$environment" 600 "$settings"
    fi
    write "$units/$NAME.service" 644 "$(render "$NAME.service")"
    write "$units/$NAME.timer" 644 "$(render "$NAME.timer")"
    if [ "$mode" = system ]; then
        write "$units/$NAME.service.d/system.conf" 644 "$(render "$NAME.system.conf")"
    fi
}

verify_units() {
    command -v systemd-analyze >/dev/null || return 0
    local complaints
    local -a manager=()
    if [ "$mode" = user ]; then manager=(--user); fi
    # It exits 0 on a misspelt key: whatever it says about our files is a fault.
    complaints=$(systemd-analyze "${manager[@]}" verify "$units/$NAME.service" "$units/$NAME.timer" 2>&1 | grep -F "$NAME" || true)
    [ -z "$complaints" ] || fail "systemd does not accept the units: $complaints"
}

allow_linger() {
    "$linger" && [ "$mode" = user ] || return 0
    act loginctl enable-linger "$(id -un)" 2>/dev/null ||
        say "Note: could not enable lingering; the timer rests while you are logged out. As root: loginctl enable-linger $(id -un)"
}

run_once() {
    if control start "$NAME.service"; then
        say 'The first run succeeded.'
        return
    fi
    local -a journal=(journalctl)
    if [ "$mode" = user ]; then journal+=(--user); fi
    "${journal[@]}" -u "$NAME" -n 20 --no-pager >&2 || true
    fail "the clean-up itself failed (see above); the timer is installed. Correct it, then: ${journal[*]} -u $NAME"
}

install_timer() {
    install_units
    if "$dry_run"; then
        say "Would run: systemctl daemon-reload; enable and start $NAME.timer; start $NAME.service once"
        allow_linger
        return
    fi
    verify_units
    control daemon-reload
    control enable --quiet "$NAME.timer"
    control restart "$NAME.timer"
    allow_linger
    run_once
    control list-timers --all --no-pager "$NAME.timer"
}

uninstall_timer() {
    if ! "$dry_run"; then control disable --quiet --now "$NAME.timer" 2>/dev/null || true; fi
    local path
    for path in "$units/$NAME.timer" "$units/$NAME.service" "$units/$NAME.service.d/system.conf" "$environment"; do
        if [ -e "$path" ]; then act rm "$path"; fi
    done
    for path in "$units/$NAME.service.d" "$(dirname "$environment")"; do
        if [ -d "$path" ]; then act rmdir --ignore-fail-on-non-empty "$path"; fi
    done
    if "$dry_run"; then return; fi
    control daemon-reload
    control reset-failed "$NAME.service" 2>/dev/null || true
    say "Removed $NAME."
}

main() {
    data_paths=''
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
