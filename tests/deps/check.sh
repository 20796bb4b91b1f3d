#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check.sh [ROOT]: who may include whom. A rule names folders and what their files may include with quotes, as extended regular
# expressions of the path as written; an include that no word of a rule allows is printed, and the script fails.
set -eu

cd "${1:-.}"
bad=0 files=0

# $1: files (a pattern for find -path), the rest: what they may include. A file of the same folder is always allowed.
rule() {
    pattern=$1
    shift
    allowed=$(printf '|%s' "$@")
    allowed="^(${allowed#|})\$"
    for file in $(find driver hls host sim examples -path "$pattern" -name '*.[ch]' -o -path "$pattern" -name '*.cpp' | sort); do
        files=$((files + 1))
        # shellcheck disable=SC2013 # names without spaces
        for name in $(sed -n 's/^[ \t]*#[ \t]*include "\(.*\)".*/\1/p' "$file"); do
            [ -e "$(dirname "$file")/$name" ] && case $name in */*) ;; *) continue ;; esac
            if ! printf '%s\n' "$name" | grep -Eq "$allowed"; then
                echo "$file may not include \"$name\"; its folder may include: $*"
                bad=$((bad + 1))
            fi
        done
    done
}

spec='((\.\./)+driver/)?(systole_(spec|hash|event|model)\.h|spec/[a-z]+\.def)'
public='systole(_[a-z]+)?\.h'

# The command, the BLAS provider, the plug-in for ONNX Runtime, examples: the library's public interface.
rule 'host/cli/*' "$public"
rule 'host/blas/*' "$public" 'host/blas/.*'
rule 'host/ort_ep/*' "$public" 'host/ort_ep/.*' 'onnx\.pb-c\.h'
rule 'examples/*' "$public" 'onnx\.pb-c\.h'
# The library: itself, the driver's interface, the contract. Never a back end, never the simulator.
for folder in host/*/; do
    case $folder in host/cli/ | host/blas/ | host/ort_ep/ | host/include/ | host/mpi/) continue ;; esac
    rule "$folder*" 'host/(core|engine|graph|group|include|io|multiply|net|onnx|plan|ref|text|train)/.*' "$public" "$spec" 'onnx\.pb-c\.h' \
        '(opencl|gpu)_lines\.h'
done
# The link to MPI: the table that it fills.
rule 'host/mpi/*' 'host/group/link\.h'
# Public headers: each other.
rule 'host/include/*' "$public"
# The driver: itself and the contract.
rule 'driver/*' "$spec" 'backends\.def' '\.\./systole_spec\.h'
# The HLS C: the contract.
rule 'hls/*' "$spec"
# The simulator: itself, the contract, Verilator's headers, and what the emulated cards share with the back ends that drive them.
rule 'sim/*' "$spec" '(\.\./)+[a-z_]+\.h' '(\.\./)+driver/backend_(xrt_kernel|f2_api)\.h' 'verilated.*\.h' \
    'V(systole_core|f2_board).*\.h' 'core\.cc' 'emulation\.pb-c\.h'

# Nothing outside tests includes tests.
if grep -rn --include='*.[ch]' --include='*.cpp' '#[ ]*include "\(.*/\)\?tests/' driver hls host sim examples; then bad=$((bad + 1)); fi

echo "check-deps: $files files, $bad includes that should not be"
[ "$bad" -eq 0 ]
