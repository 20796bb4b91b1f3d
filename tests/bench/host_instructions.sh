#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# host_instructions.sh REPORT NETWORK DEVICE MOST : instructions of the host from the call of systole_session_run() to the driver's
# systole_device_start(), counted by callgrind, the fewest of three runs after the first; MOST is the bound. Whatever else the computer does, they
# are the same. Adds a row to REPORT, which is there. SKIP, said, without valgrind (Debian: apt-get install valgrind).
set -eu

report=$1 network=$2 device=$3 most=$4
if ! command -v valgrind >/dev/null; then
    echo 'SKIP: instructions to the doorbell: valgrind is not here (Debian: apt-get install valgrind)'
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Counting begins anew where a run is called; a part ends where the device starts, once a run. The first run allocates.
if ! valgrind -q --tool=callgrind --callgrind-out-file="$work/out" --zero-before=systole_session_run --dump-before=systole_device_start \
    build/tests/bench_host --runs 3 "$network@$device" >"$work/log" 2>&1; then
    cat "$work/log" >&2
    exit 1
fi
least=
for part in 2 3 4; do
    count=$(awk '/^(totals|summary):/ { n = $2 } END { print n + 0 }' "$work/out.$part")
    if [ "$count" -gt 0 ] && { [ -z "$least" ] || [ "$count" -lt "$least" ]; }; then least=$count; fi
done
[ -n "$least" ] || { echo 'host_instructions.sh: callgrind counted nothing' >&2; exit 1; }
echo "$network on $device: $least instructions from the call of a run to the device's start"
python3 -B - "$report" "$network on $device" "$least" "$most" <<'END'
import json
import pathlib
import sys

path = pathlib.Path(sys.argv[1])
rows = json.loads(path.read_text(encoding="utf-8"))
rows.append({"claim": f"instructions from the call of a run to the device's start, {sys.argv[2]}", "value": int(sys.argv[3]), "unit": "instructions",
             "bound": int(sys.argv[4]), "sense": "max", "command": "make bench-host"})
path.write_text("[\n" + ",\n".join("  " + json.dumps(r) for r in rows) + "\n]\n", encoding="utf-8")
END
