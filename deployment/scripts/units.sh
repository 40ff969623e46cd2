# shellcheck shell=bash
# What the installing scripts share: where things are, how unit files are written, who is asked to run what.
# Read by them, not run. They say what they know besides: `usage`, `read_own_flag` and `read_own_value`.
# shellcheck disable=SC2034,SC2154  # variables of the scripts that read this

readonly NOTIFY=scitex-scholar-notify@ DEFAULT_INTERVAL=5min

say() { printf '%s\n' "$*"; }
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}
misused() {
    printf '%s: %s\nTry --help.\n' "${0##*/}" "$*" >&2
    exit 2
}

# ------------------------------------------------------------------ arguments

mode=user interval=$DEFAULT_INTERVAL python='' run_as='' retention_days='' data_paths=''
delete_old_jobs=false linger=true uninstall=false dry_run=false kept_already=${KEPT_ALREADY:-false}

read_arguments() {
    while [ $# -gt 0 ]; do
        if [[ $1 == --*=* ]]; then
            set -- "${1%%=*}" "${1#*=}" "${@:2}"
        fi
        if read_flag "$1" || read_own_flag "$1"; then
            shift
        elif read_value "$1" "${2-}" || read_own_value "$1" "${2-}"; then
            [ -n "${2-}" ] || misused "$1 needs a value"
            shift 2
        else
            misused "unknown option: $1"
        fi
    done
}

read_mode() {
    case $1 in
        --user) mode=user ;;
        --system) mode=system ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) return 1 ;;
    esac
}

read_flag() {
    case $1 in
        --delete-old-jobs) delete_old_jobs=true ;;
        --no-linger) linger=false ;;
        --uninstall) uninstall=true ;;
        --dry-run) dry_run=true ;;
        *) read_mode "$1" ;;
    esac
}

read_value() {
    case $1 in
        --run-as) run_as=$2 ;;
        --interval) interval=$2 ;;
        --retention-days) retention_days=$2 ;;
        --python) python=$2 ;;
        *) return 1 ;;
    esac
}

check_retention() {
    [ -n "$retention_days" ] || return 0
    [[ $retention_days =~ ^[0-9]{1,5}$ ]] && [ "$((10#$retention_days))" -le 36500 ] ||
        misused "--retention-days: '$retention_days' is not a whole number from 0 to 36500"
    "$delete_old_jobs" || misused '--retention-days goes with --delete-old-jobs'
}

check_run_as() {
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
        run_as=${run_as:-$(installed_user)}
        run_as=${run_as:-$(owner_of_the_checkout)}
    else
        local config=${XDG_CONFIG_HOME:-$HOME/.config}
        units=$config/systemd/user
        environment=$config/scitex-scholar/environment
    fi
    load_kept_settings
}

installed_user() { sed -n 's/^User=//p' "$units"/scitex-*.service.d/system.conf 2>/dev/null | head -n 1 || true; }

# root is nobody's default: what runs as root may do whatever it is made to.
owner_of_the_checkout() {
    local owner
    owner=$(stat -c %U "$checkout")
    "$uninstall" || [ "$owner" != root ] || misused '--system needs --run-as: the checkout belongs to root'
    printf '%s' "$owner"
}

# Settings kept by an earlier run hold until this shell brings some of its own.
load_kept_settings() {
    if compgen -e | grep -q '^SCITEX_' || [ ! -r "$environment" ]; then return 0; fi
    kept_already=true
    set -a
    # shellcheck disable=SC1090  # our own file: systemd's quoting of it is the shell's as well
    . "$environment"
    set +a
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

render() {
    local text
    text=$(<"$templates/$1")
    text=${text//@CHECKOUT_PATH@/"$(unit_path "$checkout")"}
    text=${text//@ENVIRONMENT_PATH@/"$(unit_path "$environment")"}
    text=${text//@PYTHON@/"$(unit_word "$python")"}
    text=${text//@USER@/"$run_as"}
    text=${text//@DATA_PATHS@/"$data_paths"}
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

keep_settings() {
    local settings
    if "$kept_already"; then return 0; fi
    settings=$(shell_settings)
    if [ -n "$settings" ] && "$dry_run"; then
        say "Would keep the SCITEX_ settings of this shell in $environment"
    elif [ -n "$settings" ]; then
        write "$environment" 600 "$settings"
    fi
}

# write_unit NAME TEXT: the unit and, as a system unit, what it may do.
write_unit() {
    local text
    write "$units/$1" 644 "$2"
    [ "$mode" = system ] || return 0
    text=$(render hardening.system.conf)
    # It quotes the journal of the unit that failed.
    if [ "$1" = "$NOTIFY.service" ]; then text+=$'\nSupplementaryGroups=systemd-journal'; fi
    write "$units/$1.d/system.conf" 644 "$text"
}

remove_unit() {
    local path
    for path in "$units/$1" "$units/$1.d/system.conf"; do
        if [ -e "$path" ]; then act rm "$path"; fi
    done
    if [ -d "$units/$1.d" ]; then act rmdir --ignore-fail-on-non-empty "$units/$1.d"; fi
}

# What all our units use goes with the last of them: the site and its workers may be there without the timer.
remove_what_is_shared() {
    if compgen -G "$units/scitex-scholar-w*.service" >/dev/null; then return 0; fi
    remove_unit "$NOTIFY.service"
    if [ "$mode" = system ]; then return 0; fi # there the operator writes the settings
    if [ -e "$environment" ]; then act rm "$environment"; fi
    if [ -d "$(dirname "$environment")" ]; then act rmdir --ignore-fail-on-non-empty "$(dirname "$environment")"; fi
}

verify_units() {
    command -v systemd-analyze >/dev/null || return 0
    local complaints
    local -a manager=()
    if [ "$mode" = user ]; then manager=(--user); fi
    # It exits 0 on a misspelt key: whatever it says about our files is a fault.
    complaints=$(systemd-analyze "${manager[@]}" verify "${@/#/$units/}" 2>&1 | grep -F scitex- || true)
    [ -z "$complaints" ] || fail "systemd does not accept the units: $complaints"
}

allow_linger() {
    "$linger" && [ "$mode" = user ] || return 0
    act loginctl enable-linger "$(id -un)" 2>/dev/null ||
        say "Note: could not enable lingering; they rest while you are logged out. As root: loginctl enable-linger $(id -un)"
}

show_journal() {
    local -a journal=(journalctl)
    if [ "$mode" = user ]; then journal+=(--user); fi
    "${journal[@]}" -u "$1" -n 20 --no-pager >&2 || true
}
