#!/usr/bin/env bash
# Boots a throw-away machine, with systemd as its first process, from a copy-on-write view of ROOT. Runs `commands` of the
# folder TRIAL (/trial in the machine) as root, once after each boot (it may ask for another), and shows what it prints.
#     machine.sh ROOT TRIAL [CHECKOUT]
# CHECKOUT is copied to /opt/scitex-scholar; each path in $OPEN can be reached by everybody in the machine. Nothing
# outside is changed, and the machine reaches no network. Needs root and systemd-nspawn.
set -euo pipefail

root=$1 trial=$2 checkout=${3:-}

# Processes, mounts and control groups of our own: what goes wrong in the machine ends with us.
if [ "${INSIDE:-}" != 1 ]; then
    base=/sys/fs/cgroup
    [ -f $base/cgroup.controllers ] || base=/sys/fs/cgroup/unified
    group=$base/scholar-machine-$$
    status=0
    if [ -f $base/cgroup.procs ] && mkdir "$group" 2>/dev/null; then echo 0 >"$group/cgroup.procs"; fi
    # Whoever started us may be gone by then, so that the clock is ours too; unshare heeds KILL alone.
    INSIDE=1 timeout --signal=KILL "${SECONDS_AT_MOST:-380}" \
        unshare --mount --pid --fork --kill-child --mount-proc --propagation private bash "$0" "$@" || status=$?
    if [ -d "$group" ]; then
        echo 0 >$base/cgroup.procs
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    fi
    exit $status
fi

mount -t tmpfs -o mode=755 tmpfs /run
work=/run/machine tree=/run/machine/tree
mkdir -p $work/{upper,work,tree,trial}
mount -t overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" overlay $tree

# As after an installation of Debian: nothing of ours, nothing else enabled, a name of its own.
rm -rf $tree/etc/systemd/{system,user}/* $tree/etc/scitex-scholar $tree/var/lib/systemd/linger
rm -rf $tree/var/log/journal
mkdir -p $tree/var/log/journal
systemd-id128 new >$tree/etc/machine-id
echo fresh >$tree/etc/hostname
echo '127.0.0.1 localhost fresh' >$tree/etc/hosts
if [ -n "$checkout" ]; then
    mkdir -p $tree/opt/scitex-scholar
    cp -R "$checkout/." $tree/opt/scitex-scholar
fi
for path in ${OPEN:-}; do
    while [ "$path" != / ]; do
        chmod a+rx "$tree$path"
        path=$(dirname "$path")
    done
done

# Switched off at the end without stopping what runs in it, which nobody misses.
cp -R "$trial/." $work/trial
cat >$tree/etc/systemd/system/trial.service <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'bash /trial/commands; echo $? >/trial/status; systemctl --force poweroff'
StandardOutput=append:/trial/output
StandardError=inherit
TimeoutStartSec=infinity
[Install]
WantedBy=default.target
UNIT
systemctl --root=$tree enable --quiet trial.service

boot() {
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --directory=$tree --boot --register=no --keep-unit \
        --private-network --link-journal=no --machine=fresh --console=pipe --bind=$work/trial:/trial \
        systemd.show_status=no systemd.log_level=warning </dev/null >>$work/console 2>&1
}
until boot || [ $? -ne 133 ]; do :; done # 133: it wants to be started again
cat $work/trial/output || cat $work/console >&2
exit "$(cat $work/trial/status || echo 1)"
