# SPDX-License-Identifier: Apache-2.0
"""SCALE-Sim and our devices on the same topology, array and dataflow (weights stand): cycles side by side, and processor time.

usage: scalesim.py BENCH_TOPOLOGY FOLDER REPORT SIDE LAYERS
"""
import csv
import json
import pathlib
import resource
import subprocess
import sys

CONFIG = """[general]
run_name = run

[architecture_presets]
ArrayHeight = {side}
ArrayWidth = {side}
IfmapSramSzkB = 512
FilterSramSzkB = 256
OfmapSramSzkB = 256
IfmapOffset = 0
FilterOffset = 10000000
OfmapOffset = 20000000
Dataflow = ws
Bandwidth = 64
ReadRequestBuffer = 512
WriteRequestBuffer = 512

[layout]
IfmapCustomLayout = False
FilterCustomLayout = False
IfmapSRAMBankBandwidth = 64
IfmapSRAMBankNum = 4
IfmapSRAMBankPort = 2
FilterSRAMBankBandwidth = 64
FilterSRAMBankNum = 4
FilterSRAMBankPort = 2

[sparsity]
SparsitySupport = false
SparseRep = ellpack_block
OptimizedMapping = false
BlockSize = 8
RandomNumberGeneratorSeed = 40

[run_presets]
InterfaceBandwidth = CALC
UseRamulatorTrace = False
"""


def scale_sim(folder, topology, side):
    """Cycles of all layers, and seconds of the processor."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "topology.csv").write_text(topology, encoding="ascii")
    (folder / "scale.cfg").write_text(CONFIG.format(side=side), encoding="ascii")
    names = [line.split(",")[0] for line in topology.splitlines()[1:]]
    head = "Layer name," + ",".join(f" p{i}" for i in range(22)) + ",\n"  # a layout, which must be there and is not used
    (folder / "layout.csv").write_text(head + "".join(f"{n}," + " 1," * 22 + "\n" for n in names), encoding="ascii")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-B", "-m", "scalesim.scale", "-t", folder / "topology.csv", "-l", folder / "layout.csv", "-c", folder / "scale.cfg",
               "-p", folder, "-s", "N"]
    with open(folder / "log", "w", encoding="utf-8") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(next(folder.rglob("COMPUTE_REPORT.csv")), newline="", encoding="ascii") as f:
        rows = list(csv.reader(f, skipinitialspace=True))
    column = next(i for i, name in enumerate(rows[0]) if name.strip().startswith("Total Cycles") and "prefetch" not in name)
    return sum(int(float(r[column])) + 1 for r in rows[1:] if len(r) > column), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ours(bench, layers, device):
    out = subprocess.run([bench, "--layers", str(layers), "int8", device], check=True, capture_output=True, text=True).stdout.split()
    return int(out[0]), float(out[1]), int(out[2])


def main():
    bench, folder, report, side, layers = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    topology = subprocess.run([bench, "--layers", str(layers), "--csv"], check=True, capture_output=True, text=True).stdout
    rtl, rtl_s, macs = ours(bench, layers, f"sim:{side}x{side}_assert0")
    model, model_s, _ = ours(bench, layers, f"model:{side}x{side},data=0")
    theirs, their_s = scale_sim(folder, topology, side)
    what = f"AlexNet, {layers} convolutions, {side}x{side}, weights stand"
    print(f"{what}: {macs} multiply-adds")
    for name, cycles, seconds in (("SCALE-Sim", theirs, their_s), ("our RTL", rtl, rtl_s), ("our fast model", model, model_s)):
        print(f"  {name:15} {cycles:10d} cycles, array used {100 * macs / cycles / side / side:5.1f} %, {seconds:10.4f} s, "
              f"{1e-6 * cycles / seconds:10.3f} M cycles/s")
    row = {"command": f"make bench-scalesim SIDE={side} LAYERS={layers}"}
    rows = [{"claim": f"SCALE-Sim's cycles over the RTL's, {what}", "value": round(theirs / rtl, 3), "unit": "times", "bound": 1, "sense": "min"} | row,
            {"claim": f"SCALE-Sim's time over the RTL simulation's, {what}", "value": round(their_s / rtl_s, 1), "unit": "times", "bound": 1,
             "sense": "min"} | row,
            {"claim": f"SCALE-Sim's time over the fast model's, {what}", "value": round(their_s / model_s), "unit": "times", "bound": 1,
             "sense": "min"} | row]
    pathlib.Path(report).write_text(json.dumps(rows, indent=1) + "\n", encoding="ascii")
    if rtl != model:
        sys.exit(f"WRONG: the fast model has {model} cycles, the RTL {rtl}")


main()
