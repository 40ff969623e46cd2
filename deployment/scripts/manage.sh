#!/usr/bin/env bash
# Runs manage.py as the installed units do: with their settings and secrets, as their user, in their checkout.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: manage.sh [--user | --system] COMMAND [ARGUMENT...]

Runs `manage.py COMMAND` with the settings, the secrets and the user of the installed units.

  --user     those of your own systemd user manager (the default)
  --system   those of the system units (needs root)

Exit status: that of the command.
USAGE
}

# shellcheck source=deployment/scripts/units.sh
. "$(dirname "${BASH_SOURCE[0]}")/units.sh"

# A unit for once, whose name brings it the drop-ins that all our services share.
run_in_a_unit() {
    local -a options=(--quiet --wait --collect --unit="scitex-scholar-manage-$$" --service-type=exec)
    options+=(--property="WorkingDirectory=$checkout" --property="EnvironmentFile=-$environment" --property=UMask=0077)
    if [ -t 0 ] && [ -t 1 ]; then options+=(--pty); else options+=(--pipe); fi
    if [ "$mode" = system ]; then options+=(--uid="$run_as"); else options+=(--user); fi
    exec systemd-run "${options[@]}" -- "$checkout/.venv/bin/python" manage.py "$@"
}

main() {
    while read_mode "${1-}"; do shift; done
    [ $# -gt 0 ] || misused 'which command?'
    find_places
    require_manager
    run_in_a_unit "$@"
}

main "$@"
