#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh : what runs on XRT's hardware emulation, and what is said when it cannot. Needs XRT and what `make test-xrt` builds.
# Ends with a line that counts.
set -eu

emulation=build/xrt/test
fake=build/xrt/fake
sim=sim:4x4,lib=$PWD/build/sim/libsystole_sim_4x4.so
network=$PWD/build/examples/transformer.onnx
systole=$PWD/build/systole
. tests/claims.sh
unset XILINX_XRT XCL_EMULATION_MODE SYSTOLE_XCLBIN SYSTOLE_SIM_OPTIONS 2>/dev/null || true

# Each in a session of its own: XRT ends its whole group of processes when it fails.
runs() { timeout "${LIMIT:-120}" setsid -w "$@"; }

# ---- what works ----

works 'a program for XRT that does not use the library: a product of matrices' \
    "$emulation/run" build/examples/xrt_matmul "$emulation/systole.xclbin" 4 4

for device in xrt:0 ocl-fpga:0; do
    works "a network through $device: the bits of the simulated device" \
        "$emulation/run" "$systole" compare "$network" --random 7 --device "$sim" --device "$device"
    works "a network through $device: written to files" \
        "$emulation/run" "$systole" run "$network" --random 7 --device "$device" --output "$work/$device"
done
works 'a network on the simulated device: written to files' \
    "$systole" run "$network" --random 7 --device "$sim" --output "$work/sim"
works 'the files of xrt:0 and of the simulated device are equal' diff -r "$work/sim" "$work/xrt:0"
works 'the files of ocl-fpga:0 and of the simulated device are equal' diff -r "$work/sim" "$work/ocl-fpga:0"

works 'the xclbin is found where libraries are looked for' \
    "$emulation/run" env -u SYSTOLE_XCLBIN SYSTOLE_LIBRARY_PATH="$PWD/$emulation" "$systole" run "$network" --random 7 --device xrt:0
for device in xrt:1 ocl-fpga:1; do
    # shellcheck disable=SC2016
    works "the command lists $device, and opens it" \
        sh -c '"$1" "$2" devices >"$3/list" && grep -q "^$4  *4x4 " "$3/list"' sh "$emulation/run" "$systole" "$work" "$device"
done
# shellcheck disable=SC2016 # for the inner shell
works 'waves are written where the program runs' env SYSTOLE_SIM_OPTIONS=wave=xrt.fst sh -c \
    'cd "$1" && "$2/build/xrt/trace/run" "$2/build/systole" run "$3" --random 7 --device xrt:0 && test -s xrt.fst' \
    sh "$work" "$PWD" "$network"
works 'the HLS C takes the place of the RTL' \
    build/xrt/hls/run "$systole" compare "$network" --random 7 --device "$sim" --device xrt:0

# ---- the tool ----

xclbin() { build/xrt/systole-xclbin --output "$work/folder" "$@"; }
fails 'systole-xclbin: a file that is no library' 5 'cannot load' build/xrt/systole-xclbin --output "$work/folder" --library "$network"
fails 'systole-xclbin: a library that is no device' 5 'model interface of version 0' \
    build/xrt/systole-xclbin --output "$work/folder" --library build/libsystole.so
fails 'systole-xclbin: a device of another contract' 5 'build both from the same sources' \
    build/xrt/systole-xclbin --output "$work/folder" --library build/tests/libsystole_fake.so --options contract=5
fails 'systole-xclbin: options that the device refuses' 5 'no such option' \
    build/xrt/systole-xclbin --output "$work/folder" --library build/tests/libsystole_fake.so --options colour=1
fails 'systole-xclbin: a file that is not there' 3 'No such file' build/xrt/systole-xclbin --output "$work/folder" --library nothing.so
fails 'systole-xclbin: too many units' 2 'not a number in its limits' build/xrt/systole-xclbin --output "$work/folder" --library nothing.so --cus 17
xclbin --library build/tests/libsystole_fake.so
cp "$work/folder/systole.xclbin" "$work/first.xclbin"
xclbin --library build/tests/libsystole_fake.so
works 'systole-xclbin: the same library gives the same file' cmp "$work/first.xclbin" "$work/folder/systole.xclbin"

# ---- memory, units, cards, and every way to fail that the driver can see ----

status=0
runs "$emulation/run" build/tests/test_xrt "$sim" "$PWD/$emulation/systole.xclbin" "$PWD/$fake/systole.xclbin" >"$work/log" 2>&1 || status=$?
p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$work/log")
f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$work/log" | head -1)
passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0}))
if [ "$status" -eq 0 ]; then echo "  ok      test_xrt: $p tests"; else verdict "test_xrt (exit code $status)" 1; fi

# ---- what the command says ----

run_on() { # DEVICE: arguments of the command
    echo run "$network" --random 7 --device "$1"
}
for device in xrt:0 ocl-fpga:0; do
    # shellcheck disable=SC2046 # words
    fails "$device without XILINX_XRT" 5 'XILINX_XRT is not set' \
        env SYSTOLE_XCLBIN="$emulation/systole.xclbin" XCL_EMULATION_MODE=hw_emu "$systole" $(run_on $device)
    # shellcheck disable=SC2046
    fails "$device where XRT is not installed" 5 'is not installed' \
        env LD_PRELOAD="$PWD/build/xrt/without_xrt.so" "$emulation/run" "$systole" $(run_on $device)
    # shellcheck disable=SC2046
    fails "$device with a file that is no xclbin" 5 'is no xclbin' \
        env SYSTOLE_XCLBIN="$network" "$emulation/run" "$systole" $(run_on $device)
    head -c 100000 "$emulation/systole.xclbin" >"$work/short.xclbin"
    # shellcheck disable=SC2046
    fails "$device with an xclbin cut short" 5 'copy it again' \
        env SYSTOLE_XCLBIN="$work/short.xclbin" "$emulation/run" "$systole" $(run_on $device)
    # shellcheck disable=SC2046
    fails "$device with an xclbin for emulation, without emulation" 5 'XCL_EMULATION_MODE is not set' \
        "$emulation/run" env -u XCL_EMULATION_MODE "$systole" $(run_on $device)
    # shellcheck disable=SC2046
    fails "$device of another contract" 5 'build both from the same sources' \
        env SYSTOLE_SIM_OPTIONS=contract=0x1234 "$fake/run" "$systole" $(run_on $device)
done

# The memory never answers; the simulation is ended while the command waits.
cat >"$work/lose" <<'END'
#!/bin/sh
"$@" &
program=$!
for try in $(seq 100); do
    sleep 0.1
    card=$(ps -o pid=,comm= --sid "$$" 2>/dev/null | awk '$2 == "systole-card" { print $1; exit }') || true
    if [ -n "$card" ] && [ "$try" -gt 10 ]; then kill -9 "$card"; break; fi
done
wait "$program"
END
chmod +x "$work/lose"
for device in xrt:0 ocl-fpga:0; do
    # shellcheck disable=SC2046
    fails "$device lost in the middle of a run" any 'is gone' \
        env SYSTOLE_SIM_OPTIONS=hang_read=20 "$work/lose" "$emulation/run" "$systole" $(run_on $device)
done

finish
