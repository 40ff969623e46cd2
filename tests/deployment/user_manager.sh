#!/usr/bin/env bash
# Runs COMMANDS as USER under a real `systemd --user` with its journal, where systemd is not PID 1. Needs root.
#     user_manager.sh USER COMMANDS [PATH...]
# Everything lives in private pid, mount, cgroup, network and ipc namespaces. Each PATH is made reachable for USER, even below a
# folder that only root may enter.
set -euo pipefail

user=$1 commands=$(readlink -f "$2")
reachable=("${@:3}")

enter_namespaces() {
    export INSIDE=1
    exec unshare --mount --pid --cgroup --net --ipc --uts --fork --kill-child --mount-proc --propagation private \
        bash "$0" "$user" "$commands" "${reachable[@]}"
}

# A cgroup of our own first: the user manager must never see or move anybody else's processes.
if [ "${INSIDE:-}" != 1 ]; then
    base=/sys/fs/cgroup
    [ -f $base/cgroup.controllers ] || base=/sys/fs/cgroup/unified
    if [ -f $base/cgroup.procs ] && mkdir "$base/scholar-test-$$" 2>/dev/null; then
        status=0
        (echo "$BASHPID" >"$base/scholar-test-$$/cgroup.procs" && enter_namespaces) || status=$?
        find "$base/scholar-test-$$" -depth -type d -exec rmdir {} + 2>/dev/null || true
        exit $status
    fi
    enter_namespaces
fi

ip link set lo up
uid=$(id -u "$user") gid=$(id -g "$user") home=$(getent passwd "$user" | cut -d: -f6)

as_user() {
    setpriv --reuid "$uid" --regid "$gid" --init-groups env -i HOME="$home" USER="$user" LOGNAME="$user" \
        SHELL=/bin/bash LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin \
        XDG_RUNTIME_DIR="/run/user/$uid" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" "$@"
}

# Puts PATH back below folders that anybody may enter; the real folders keep their permissions.
make_reachable() {
    local path=$1 barrier=$1 aside
    if as_user test -x "$path"; then return; fi
    until as_user test -x "$(dirname "$barrier")"; do barrier=$(dirname "$barrier"); done
    if [ "$barrier" = "$path" ]; then
        echo "$path itself is closed to $user" >&2
        return 1
    fi
    aside=$(mktemp -d /run/aside.XXXXXX)
    mount --bind "$path" "$aside"
    mount -t tmpfs -o mode=755 tmpfs "$barrier"
    mkdir -p "$path"
    mount --move "$aside" "$path"
    as_user test -x "$path"
}

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/{system,journal,unit-root,propagate,inaccessible} "/run/user/$uid" /run/lock /run/log
chown "$uid:$gid" "/run/user/$uid"
chmod 700 "/run/user/$uid"
for path in "${reachable[@]}"; do make_reachable "$path"; done

# What Delegate=yes of user@.service does. The path must look as logind makes it: journald reads the unit's name from it.
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service
mkdir -p "$group"
for folder in /sys/fs/cgroup /sys/fs/cgroup/user.slice "/sys/fs/cgroup/user.slice/user-$uid.slice"; do
    for controller in $(<"$folder/cgroup.controllers"); do
        echo "+$controller" 2>/dev/null >"$folder/cgroup.subtree_control" || true
    done
done
chown "$uid:$gid" "$group" "$group"/cgroup.{procs,threads,subtree_control}

# The journal, with a file per user.
mkdir -p /var/log/journal /run/systemd/journald.conf.d
mount -t tmpfs -o mode=755 tmpfs /var/log/journal
printf '[Journal]\nStorage=persistent\nSplitMode=uid\nReadKMsg=no\nAudit=no\nRateLimitBurst=0\n' \
    >/run/systemd/journald.conf.d/test.conf
mount --bind /dev/null /dev/kmsg 2>/dev/null || true
if [ ! -s /etc/machine-id ]; then
    systemd-id128 new >/run/machine-id
    touch /etc/machine-id
    mount --bind /run/machine-id /etc/machine-id
fi
mkdir -p "/var/log/journal/$(</etc/machine-id)"
touch /run/systemd/journal/flushed
/lib/systemd/systemd-journald >/run/journald.log 2>&1 </dev/null &

as_user dbus-daemon --session --address="unix:path=/run/user/$uid/bus" --nofork --nopidfile --nosyslog \
    </dev/null >/run/dbus.log 2>&1 &
(
    echo "$BASHPID" >"$group/cgroup.procs"
    as_user /lib/systemd/systemd --user --log-target=journal </dev/null >/run/manager.log 2>&1
) &
for _ in $(seq 200); do
    state=$(as_user systemctl --user is-system-running 2>/dev/null || true)
    case "$state" in running | degraded) break ;; esac
    sleep 0.1
done

status=0
as_user bash "$commands" || status=$?
if [ "$status" != 0 ]; then tail -n 30 /run/manager.log /run/journald.log /run/dbus.log >&2 || true; fi
as_user systemctl --user exit 2>/dev/null || true
exit $status
