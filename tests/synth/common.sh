# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What both reports share: the sources, a cache by content, parameters of a case, rows of JSON.

export YOWASP_CACHE_DIR="$PWD/build/yowasp"
sources=$(sed 's,//.*,,' "$RTL_LIST" | grep -v _dpi | tr '\n' ' ')
mkdir -p build/report build/synth

die() { echo "$0: $1" >&2; exit 1; }

# Parameters of the core for a side and a type, as the Makefile's defaults are.
parameters() { # SIDE TYPE
    settings "$2"
    case $1 in
    4 | 8) memories='APAD_BYTES=65536 WPAD_BYTES=32768 ACC_ROWS=512 PARAM_ROWS=128' ;;
    16 | 32 | 64) memories='APAD_BYTES=524288 WPAD_BYTES=262144 ACC_ROWS=2048 PARAM_ROWS=512' ;;
    *) die "a side is 4, 8, 16, 32 or 64, not $1" ;;
    esac
    bus=$((4 * $1 < 64 ? 4 * $1 : 64))
    [ "$bus" -le $(($1 * $1)) ] || bus=$(($1 * $1))
    for p in "ROWS=$1" "COLS=$1" "HAS_FP=$fp" "MAC_LATENCY=$latency" "AXI_BYTES=$bus" $memories; do printf -- '-G %s ' "$p"; done
}

# Reads a module without its PEs: slang makes a module of each instance, so a grid would be optimised PE by PE. They are counted from one.
read_without_pe() { # TOP PARAMETERS
    echo "read_slang --threads 1 --blackboxed-module systole_pe --top $1 -I rtl/prim $2 $sources"
}
read_pe() { # HAS_FP MAC_LATENCY
    echo "read_slang --threads 1 --top systole_pe -I rtl/prim -G HAS_FP=$1 -G MAC_LATENCY=$2 -G WEIGHT_PLANES=4" \
        "rtl/prim/systole_fp_pkg.sv rtl/array/systole_pe.sv"
}
# A side's type, in the core's words.
settings() { # TYPE
    case $1 in int8) fp=0 latency=1 ;; bf16) fp=1 latency=4 ;; *) die "a type is int8 or bf16, not $1" ;; esac
}

# Runs Yosys on a script unless its log is there from the same script and sources; the log is then $folder/log.
synthesise() { # FOLDER SCRIPT
    folder=$1
    mkdir -p "$folder"
    # shellcheck disable=SC2086 # names without spaces
    sum=$({ "$YOSYS" -V; printf '%s\n' "$2"; cat rtl/prim/*.svh $sources; } | sha256sum | cut -d' ' -f1)
    if [ ! -f "$folder/$sum" ]; then
        rm -f "$folder"/*
        printf '%s\n' "$2" >"$folder/script.ys"
        begun=$(date +%s)
        nice -n 10 "$YOSYS" -q -l "$folder/log.part" "$folder/script.ys" >"$folder/errors" 2>&1 || { tail -5 "$folder/errors" >&2; return 1; }
        mv "$folder/log.part" "$folder/log"
        echo $(($(date +%s) - begun)) >"$folder/seconds"
        touch "$folder/$sum"
    fi
}

# A row of the report; rows end up between brackets.
row() { # FILE CLAIM VALUE UNIT COMMAND
    printf '  {"claim": "%s", "value": %s, "unit": "%s", "bound": null, "sense": "max", "command": "%s"},\n' "$2" "$3" "$4" "$5" >>"$1"
}
finish() { # ROWS JSON
    { echo '['; sed '$ s/,$//' "$1"; echo ']'; } >"$2"
}
