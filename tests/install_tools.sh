#!/usr/bin/env bash
# Installs the programs that some tests drive (a browser, a systemd user manager, Redis) where apt and root allow it;
# elsewhere those tests are skipped, each saying why.
set -euo pipefail

declare -A packages=(
    [chromium]='chromium fonts-dejavu-core'
    [systemd-analyze]='systemd'
    [systemd-nspawn]='systemd-container systemd-sysv libpam-systemd'
    [dbus-daemon]='dbus'
    [setpriv]='util-linux'
    [useradd]='passwd'
    [promtool]='prometheus'
    [curl]='curl'
    [ip]='iproute2'
    [redis-server]='redis-server'
)

missing=()
for program in "${!packages[@]}"; do
    # shellcheck disable=SC2206  # several packages may stand in one word
    command -v "$program" >/dev/null || missing+=(${packages[$program]})
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not installed, and the tests that drive them are skipped: ${missing[*]}"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
