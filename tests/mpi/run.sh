#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Four ranks on this machine: the bits of one process, ranks on several devices, ranks that die, ranks that differ; and the command
# under mpirun. SEED repeats the choice of the step and the rank that die.
set -eu

. tests/claims.sh
seed=${SEED:-$$}
digits=build/examples/train_digits
gpt=build/examples/train_gpt
# What Open MPI asks for where root runs it, and where there are fewer processors than ranks.
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM OMPI_MCA_rmaps_base_oversubscribe

# claim text...: what the last command said has each text
says() {
    claim=$1
    shift
    for text in "$@"; do
        if ! grep -q -- "$text" "$work/log"; then
            bad "$claim: \"$text\" is not said"
            return
        fi
    done
    good "$claim"
}

same() {
    if cmp "$2" "$3" >"$work/log" 2>&1; then good "$1"; else bad "$1"; fi
}

# A number below $1 that depends on the seed and on $2.
chance() {
    awk -v seed="$((seed + $2))" -v limit="$1" 'BEGIN { srand(seed); rand(); print int(rand() * limit) }'
}

# The number $3 of the $2 processes that the launcher $1 starts, once all are there.
rank_of() {
    while kill -0 "$1" 2>/dev/null; do
        found=$(awk -v parent="$1" '$4 == parent { print $1 }' /proc/[0-9]*/stat 2>/dev/null | sort -n)
        if test "$(echo "$found" | wc -l)" = "$2"; then
            echo "$found" | sed -n "$3p"
            return
        fi
        sleep 0.05
    done
}

if ! command -v mpirun >/dev/null || ! test -e build/mpi/libsystole_mpi.so; then
    echo 'SKIP several ranks: mpirun or build/mpi/libsystole_mpi.so is not there (make test-mpi installs and builds them)'
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
fi

# ---- one process, two ranks, four ranks: every parameter, every moment, every loss ----

# name, options: the same steps on 1, 2 and 4 ranks, in four parts each
alike() {
    name=$1
    shift
    for n in 1 2 4; do
        expect "$name on $n ranks, four parts" 0 mpirun -n "$n" "$@" --parts 4 --checkpoint "$work/$name.$n" --curve "$work/$name.$n.csv"
    done
    for n in 2 4; do
        same "$name: parameters and moments of $n ranks are those of one" "$work/$name.1" "$work/$name.$n"
        same "$name: losses of $n ranks are those of one" "$work/$name.1.csv" "$work/$name.$n.csv"
    done
}

alike cnn $digits --steps 12
alike mlp $digits --steps 12 --mlp
alike gpt $gpt --steps 4
expect 'cnn alone, without a launcher, four parts' 0 $digits --steps 12 --parts 4 --checkpoint "$work/alone"
same 'cnn: parameters and moments are the same without a launcher' "$work/cnn.1" "$work/alone"
expect 'cnn on four ranks without a word on parts' 0 mpirun -n 4 $digits --steps 12 --checkpoint "$work/silent"
same 'cnn: as many parts as ranks' "$work/cnn.1" "$work/silent"
expect 'cnn in one part' 0 $digits --steps 12 --curve "$work/whole.csv"
if cmp -s "$work/cnn.1.csv" "$work/whole.csv"; then bad 'cnn in one part is another sum'; else good 'cnn in one part is another sum'; fi

# ---- ranks on devices of their own ----

set -- $digits --mlp --batch 4 --steps 3 --parts 4 --checkpoint
expect 'mlp, four parts on the cpu' 0 "$@" "$work/cpu"
expect 'mlp on hls:4x4, cpu, sim:4x4 and cpu together' 0 mpirun -n 1 "$@" "$work/mixed" --device hls:4x4 : -n 1 "$@" "$work/mixed" \
    : -n 1 "$@" "$work/mixed" --device sim:4x4 : -n 1 "$@" "$work/mixed"
same 'mlp: the same bits from all of them' "$work/cpu" "$work/mixed"
expect 'each rank with a second device that checks it' 0 mpirun -n 2 $digits --mlp --batch 4 --steps 2 --device hls:4x4 --check cpu
expect 'a device of another precision on one rank is noticed by its check' 1 mpirun -n 2 $digits --mlp --batch 4 --steps 2 \
    --device hls:4x4,precision=x1 --check cpu

# ---- a rank dies ----

# name, command...: ranks are killed, the same command goes on, and ends as if nothing had been
kill_and_resume() {
    name=$1 every=4
    shift
    step=$((every + 1 + $(chance 12 1))) victim=$((1 + $(chance 4 2)))
    echo "$name: seed $seed, process $victim dies after step $step"
    mpirun -n 4 "$@" --every $every --checkpoint "$work/$name.part" --curve "$work/$name.part.csv" >"$work/log" 2>&1 &
    launcher=$!
    process=$(rank_of $launcher 4 $victim)
    while kill -0 $launcher 2>/dev/null && test "$(wc -l 2>/dev/null <"$work/$name.part.csv" || echo 0)" -lt $step; do sleep 0.02; done
    kill -KILL "$process" || true
    done=$(wc -l <"$work/$name.part.csv")
    got=0
    wait $launcher || got=$?
    if test $got = 137; then good "$name: a rank that dies ends the job with 137"; else bad "$name: exit code $got, not 137"; fi
    says "$name: who died, where, and how to go on" 'rank [0-3] of 4 died in step [0-9]*: the same command goes on from .*which holds [0-9]* steps'
    grep 'died in step' "$work/log" || true
    test "$(grep -c 'died in step\|was told to end' "$work/log")" = 1 || bad "$name: said once"
    expect "$name: goes on" 0 mpirun -n 4 "$@" --every $every --checkpoint "$work/$name.part" --curve "$work/$name.part.csv"
    from=$(sed -n 's/goes on after step \([0-9]*\) .*/\1/p' "$work/log")
    if test "${from:-0}" -ge $(((done - 1) / every * every)); then
        good "$name: of $done steps only those since the checkpoint after $from are done again"
    else
        bad "$name: of $done steps it went on after ${from:-none}"
    fi
    expect "$name: a run that nothing happens to" 0 mpirun -n 4 "$@" --every $every --checkpoint "$work/$name.whole"
    same "$name: both end with the same bits" "$work/$name.whole" "$work/$name.part"
}

kill_and_resume digits $digits --steps 120 --mlp
kill_and_resume characters $gpt --steps 32

mpirun -n 2 $digits --steps 100000 --mlp --curve "$work/stopped.csv" >"$work/log" 2>&1 &
launcher=$!
while kill -0 $launcher 2>/dev/null && ! test -s "$work/stopped.csv"; do sleep 0.05; done
kill -TERM $launcher
wait $launcher || true
says 'a job that is stopped says where, and that nothing was saved' 'rank [01] of 2 was told to end in step [0-9]*: nothing was saved, for want of --checkpoint'

# ---- ranks that are not alike, or cannot work ----

expect 'other seeds are refused' 3 mpirun -n 1 $digits --mlp --steps 2 : -n 1 $digits --mlp --steps 2 --seed 2
says 'other seeds are named' 'rank 1 is behind step 0 with seed 2, rank 0 behind 0 with 1'
expect 'other models are refused' 3 mpirun -n 1 $digits --steps 2 : -n 1 $digits --mlp --steps 2
says 'other models are named' 'rank 1 has 4 parameters, rank 0 6'
expect 'a checkpoint that one rank does not see is refused' 3 mpirun -n 1 $digits --steps 14 --parts 4 --checkpoint "$work/cnn.1" \
    : -n 1 $digits --steps 14 --parts 4 --checkpoint "$work/elsewhere"
says 'and that is the word' 'rank 1 is behind step 0 with seed 1, rank 0 behind 12 with 1: have both read the same checkpoint?'
expect 'a checkpoint of other parts is refused' 3 mpirun -n 2 $digits --steps 14 --checkpoint "$work/cnn.1"
says 'with the option to type' '--parts 4 goes on'
expect 'a rank whose device is not there ends the others' 3 mpirun -n 1 $digits --steps 9999 : -n 1 $digits --steps 9999 --device hls:5x5
expect 'a rank whose device fails on the way ends the others' 3 timeout 300 mpirun -n 1 $digits --mlp --batch 4 --steps 99 --parts 2 \
    : -n 1 $digits --mlp --batch 4 --steps 99 --parts 2 --device sim:4x4,error_read=20000
says 'and says why' 'rank 1: the .* on sim:4x4,error_read=20000: .*The memory answered a read with an error'
expect 'parts that the ranks cannot share' 2 mpirun -n 4 $digits --steps 2 --parts 6
mkdir -p "$work/a/b"
cp build/libsystole.so.0 "$work/a/"
cp $digits "$work/a/b/"
expect 'a rank without libsystole_mpi.so' 3 env -u SYSTOLE_LIBRARY_PATH OMPI_COMM_WORLD_SIZE=4 "$work/a/b/train_digits" --steps 2
says 'and what builds it' 'started as one of 4 ranks: libsystole_mpi.so was not found; .make mpi. builds it'

expect "a launcher of another MPI than the library's" 3 env OMPI_COMM_WORLD_SIZE=4 $digits --mlp --steps 2
says 'and how many ranks it finds' 'the launcher started 4 ranks, .*libsystole_mpi.so finds 1'

# ---- the command: each rank a share of the devices, and one answer ----

net=build/examples/transformer.onnx
devices=cpu,hls:4x4,sim:4x4,cpu,precision=x1,sim:4x4,latency=300

# What is of the clock.
timed='s/"\(seconds\|rate\|share_of_peak\|joules\)": [^,}]*//g'

# name code arguments: by itself and on three ranks, the same but for seconds and what follows from them
command_alike() {
    name=$1 code=$2
    shift 2
    expect "$name, one process" "$code" build/systole "$@" --json
    sed "$timed; /^systole: /d" "$work/log" >"$work/one.json"
    # shellcheck disable=SC2016 # the inner shell's
    expect "$name, three ranks" "$code" sh -c 'mpirun -n 3 "$@" 2>"$0"' "$work/err" build/systole "$@" --json
    sed "$timed" "$work/log" >"$work/three.json"
    test -s "$work/one.json" || bad "$name: says nothing"
    same "$name: the same answer" "$work/one.json" "$work/three.json"
}

command_alike sweep 1 sweep $net --devices $devices
command_alike 'sweep over memories' 0 sweep $net --device sim:4x4 --memory latency=50 --memory latency=200,bandwidth=4 --memory latency=9
command_alike compare 1 compare $net --devices $devices
command_alike 'compare that is exact' 0 compare $net --devices cpu,hls:4x4,sim:4x4
command_alike 'compare by layer' 1 compare $net --devices $devices --layers
command_alike 'compare to the step of the chain' 1 compare $net --devices hls:4x4,hls:4x4,precision=x1,cpu --bisect
expect 'a capture by three ranks' 0 mpirun -n 3 build/systole compare $net --devices cpu,hls:4x4 --capture "$work/capture"
command_alike 'compare against a capture' 1 compare $net --devices hls:4x4,cpu,precision=x1,sim:4x4 --against "$work/capture"
expect 'sweep: a device that is not there' 5 mpirun -n 3 build/systole sweep $net --devices cpu,hls:4x4,hls:5x7
expect 'compare: a model that is not there' 3 mpirun -n 3 build/systole compare absent.onnx --devices cpu,hls:4x4
mpirun -n 3 build/systole sweep build/examples/resnet8.onnx --devices sim:4x4,sim:4x4,sim:4x4 --memory latency=50 --memory latency=99 \
    >"$work/log" 2>&1 &
launcher=$!
process=$(rank_of $launcher 3 $((1 + $(chance 3 3))))
sleep 3
kill -KILL "$process" || true
got=0
wait $launcher || got=$?
if test $got = 137; then good 'sweep: a rank that dies ends it with 137'; else bad "sweep: exit code $got, not 137"; fi
says 'sweep: who died, and at which point' 'systole: rank [0-2] of 3 died in point [0-5] (counted from 0)'

finish
