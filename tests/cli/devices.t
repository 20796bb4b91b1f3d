# SPDX-License-Identifier: Apache-2.0
$ systole devices --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["devices"][0]["device"], sorted({e["backend"] for e in d["devices"]} >= {"cpu", "sim", "hls"} and ["sim", "hls"]), all(e["opens"] and e.get("contract", d["contract"]) == d["contract"] or e["why_not"] for e in d["devices"] if e["device"]))'
cpu ['hls', 'sim'] True
$ SYSTOLE_LIBRARY_PATH=. systole devices | sed -n 1,2p | tr -s ' '
device array types MACs/cycle bus bytes contract where
cpu - - - - - the reference, on the host
$ systole devices cpu
cpu has no capabilities: it is the host itself
# A name that is none: every kind there is, and what was perhaps meant.
$ systole devices abacus:1 2>&1 | sed 's/xrt, ocl-fpga.*/xrt, ocl-fpga .../'
systole: abacus:1: no device is called "abacus"; there are cpu, opencl, cuda, cublas, openblas, onednn, sim, hls, model, xrt, ocl-fpga ...
$ systole devices abacus:1 2>/dev/null
[5]
$ for d in smi:4x4 sim4x4 CPU cpu1 openlb OCL-FPGA:0 cud:0,tune=off modle:16x16,axi=32 onedn,threads=2 xtr:0; do systole devices $d 2>&1 | grep -o 'Is ".*'; done
Is "sim:4x4" meant?
Is "sim:4x4" meant?
Is "cpu" meant?
Is "cpu" meant?
Is "opencl" meant?
Is "ocl-fpga:0" meant?
Is "cuda:0,tune=off" meant?
Is "model:16x16,axi=32" meant?
Is "onednn,threads=2" meant?
Is "xrt:0" meant?
$ for d in q xyz hsl_and_more opencuda; do systole devices $d 2>&1 | sed 's/.*refused: //' | cut -d, -f1; done
systole: q: no device is called "q"; there are cpu
systole: xyz: no device is called "xyz"; there are cpu
systole: hsl_and_more: no device is called "hsl_and_more"; there are cpu
systole: opencuda: no device is called "opencuda"; there are cpu
$ systole devices '' 2>&1 | sed 's/.*: ""/""/;s/cpu,.*, as/cpu, ... as/'
"" names no device: there are cpu, ... as in sim:16x16
$ systole devices cpu,abacus=1 2>/dev/null
[5]
$ systole devices hls:3x3
systole: hls:3x3: configuration "3x3": rows and columns are 4 to 64
[5]
$ systole devices a b
systole devices: one at a time; unexpected b; see systole help devices
[2]
# A library that is none, where libraries are looked for: listed with why, not opened.
$ mkdir lib && printf 'no library' >lib/libsystole_hls_4x8.so && SYSTOLE_LIBRARY_PATH=lib systole devices | grep 'hls:4x8 ' | tr -s ' ' | cut -d: -f1,2
hls:4x8 - - - - - cannot load lib/libsystole_hls_4x8.so
$ SYSTOLE_LIBRARY_PATH=lib json.sh systole devices --json
valid
$ SYSTOLE_LIBRARY_PATH=lib systole devices hls:4x8 2>/dev/null
[5]
