# SPDX-License-Identifier: Apache-2.0
# What bash offers, by the script that the command prints.
$ printf 'eval "$(systole completion bash)"\noffer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _systole; echo "${COMPREPLY[@]}"; }\n' >complete.sh
$ bash -c '. ./complete.sh; offer systole co'
compare compile conformance completion
$ bash -c '. ./complete.sh; offer systole run --re; offer systole run --j; offer systole version --'
--report
--json
--json --quiet --help
$ bash -c '. ./complete.sh; offer systole run res; offer systole run --input tr; offer systole bench g; offer systole bench gemm --type ""'
resnet8.onnx
transformer.onnx
gemm
f32 int8
$ bash -c '. ./complete.sh; offer systole run --device cp; offer systole sweep m --devices cp'
cpu
cpu
$ mkdir folder; bash -c '. ./complete.sh; offer systole run --output fo'
folder
$ bash -c '. ./complete.sh; offer systole frobnicate --'

$ systole completion
systole: completion is for bash, zsh or fish; mdoc is for the manual; see systole help
[2]
$ systole completion tcsh
systole: completion is for bash, zsh or fish; mdoc is for the manual; see systole help
[2]
