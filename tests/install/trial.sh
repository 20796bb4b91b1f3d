#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# trial.sh FOLDER : the two commands of the README on a bare machine. Makes a minimal Debian 12 in FOLDER (debootstrap), installs
# git and make there and nothing else, clones the last commit, and runs `make run` and `make test`, timed. FOLDER/transcript holds
# what they printed. Needs root. APT_CONF: files of /etc/apt that the machine needs to reach its MIRROR.
set -eu

root=$1
mirror=${MIRROR:-http://deb.debian.org/debian}
test -e "$root/usr/bin/apt-get" || debootstrap --variant=minbase bookworm "$root" "$mirror"
for f in ${APT_CONF:-} /etc/resolv.conf /etc/hosts; do
    if test -e "$f"; then cp "$f" "$root$f"; fi
done
mounted=
cleanup() {
    for m in $mounted; do umount "$root/$m" || true; done
}
trap cleanup EXIT
for m in proc dev dev/pts; do
    mount --bind "/$m" "$root/$m"
    mounted="$m $mounted"
done
git bundle create "$root/root/systole.bundle" HEAD
cat >"$root/root/trial.sh" <<'INSIDE'
set -eu
cd /root
apt-get update -q
apt-get install -q -y --no-install-recommends git make
rm -rf systole
git clone -q systole.bundle systole
cd systole
git log -1 --format='commit %h'
for target in run test; do
    echo "$ make $target"
    start=$(date +%s)
    code=0
    make "$target" || code=$?
    echo "make $target: exit code $code, $(($(date +%s) - start)) s"
done
INSIDE
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root DEBIAN_FRONTEND=noninteractive \
    chroot "$root" /bin/sh /root/trial.sh >"$root/transcript" 2>&1
grep -E '^make (run|test): exit|passed, [0-9]+ failed|^commit' "$root/transcript"
