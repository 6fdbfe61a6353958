# shellcheck shell=sh
# What the scripts beside this one share; they set `work`, a folder that is removed at the end.

# shellcheck disable=SC2034
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")

die() { echo "tests/packaging: $*" >&2; exit 1; }

# Runs a command, whose output is shown only when it fails.
quietly() { "$@" >"$work/log" 2>&1 </dev/null || { cat "$work/log" >&2; die "failed: $*"; }; }

# A word in front of a command rather than a function, so that $! is the command itself.
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo

# Makes `work` on a disk, for it may hold a whole Debian.
make_work() {
  work=$(mktemp -d -p "${TMPDIR:-/var/tmp}" tinyserve.XXXXXX)
  server=
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# What is mounted into a tree is none of ours to remove.
clean_up() {
  [ -z "$server" ] || $as_root kill "$server" 2>/dev/null || true
  $as_root rm -rf --one-file-system "$work"
}

# Waits for the server, whose log is $1, to say where it is; sets `url`.
wait_for_url() {
  tries=${2:-300}
  until url=$(sed -n 's/.*"urls":\["\([^"]*\)".*/\1/p' "$1") && [ -n "$url" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || die "the server does not say where it serves"
    $as_root kill -0 "$server" 2>/dev/null || die "the server ended by itself"
    sleep 0.1
  done
}

stop_server() {
  $as_root kill "$server"
  wait "$server" || die "the server ended with exit code $? when told to stop"
  server=
}

# Where this machine's apt has Debian from.
find_mirror() {
  # These are fields of apt's, not variables.
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
}

# A fresh Debian $1 in folder $2, from the same mirror and by the same proxy as this machine's; the
# arguments after them go to debootstrap. Nothing stays mounted.
make_debian() {
  suite=$1
  tree=$2
  shift 2
  mirror=$(find_mirror)
  if [ -z "$mirror" ]; then
    quietly $as_root apt-get update
    mirror=$(find_mirror)
  fi
  [ -n "$mirror" ] || die "apt knows of no mirror of Debian"
  eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
  [ -z "${http_proxy:-}" ] || export http_proxy

  # A download may fail, so there is a second attempt.
  if ! try_debootstrap "$@"; then
    $as_root rm -rf --one-file-system "$tree"
    try_debootstrap "$@" || { cat "$work/log" >&2; die "debootstrap could not make $suite"; }
  fi
}

try_debootstrap() {
  $as_root debootstrap --variant=minbase "$@" "$suite" "$tree" "$mirror" \
    >"$work/log" 2>&1 </dev/null
}

# Becomes a command in that Debian.
exec_in_debian() {
  exec $as_root chroot "$tree" env -i \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+"http_proxy=$http_proxy"} "$@" </dev/null
}

in_debian() { (exec_in_debian "$@"); }
