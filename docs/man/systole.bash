# SPDX-License-Identifier: Apache-2.0
# bash completion for systole. Made by `systole completion bash`.
# shellcheck shell=bash disable=SC2207

_systole_devices() {
    COMPREPLY=($(compgen -W "$(systole devices --json 2>/dev/null | sed -n 's/.*"device": "\([^"]*\)".*"opens": true.*/\1/p')" -- "$1"))
    if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$1"; fi
}

_systole() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]} words=
    if declare -F _get_comp_words_by_ref >/dev/null; then _get_comp_words_by_ref -n := cur; fi
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W 'run trace compare bench roofline sweep compile explain conformance devices disasm asm bitstream xclbin completion version help' -- "$cur"))
        return
    fi
    case $verb:$previous in
    run:--device) _systole_devices "$cur" ;;
    run:--input) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    run:--random)  ;;
    run:--shape)  ;;
    run:--output) COMPREPLY=($(compgen -d -- "$cur")) ;;
    run:--report) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    run:--trace) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    run:--wave) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    run:--view) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    run:--layer)  ;;
    run:--skip)  ;;
    trace:--device) _systole_devices "$cur" ;;
    trace:--input) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    trace:--random)  ;;
    trace:--shape)  ;;
    trace:--output) COMPREPLY=($(compgen -d -- "$cur")) ;;
    trace:--report) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    trace:--trace) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    trace:--wave) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    trace:--view) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    trace:--layer)  ;;
    trace:--skip)  ;;
    compare:--devices) _systole_devices "$cur" ;;
    compare:--device) _systole_devices "$cur" ;;
    compare:--input) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    compare:--random)  ;;
    compare:--shape)  ;;
    compare:--capture) COMPREPLY=($(compgen -d -- "$cur")) ;;
    compare:--against) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    compare:--report) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    bench:--devices) _systole_devices "$cur" ;;
    bench:--device) _systole_devices "$cur" ;;
    bench:--type) COMPREPLY=($(compgen -W 'f32 int8' -- "$cur")) ;;
    bench:--stride)  ;;
    bench:--pad)  ;;
    bench:--groups)  ;;
    bench:--repeat)  ;;
    bench:--random)  ;;
    bench:--shape)  ;;
    roofline:--type) COMPREPLY=($(compgen -W 'f32 int8' -- "$cur")) ;;
    roofline:--size)  ;;
    roofline:--repeat)  ;;
    roofline:--peak)  ;;
    roofline:--bandwidth)  ;;
    roofline:--random)  ;;
    roofline:--report) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    sweep:--devices) _systole_devices "$cur" ;;
    sweep:--device) _systole_devices "$cur" ;;
    sweep:--memory)  ;;
    sweep:--input) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    sweep:--random)  ;;
    sweep:--shape)  ;;
    sweep:--threads)  ;;
    sweep:--report) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    compile:--device) _systole_devices "$cur" ;;
    compile:--output) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    compile:--shape)  ;;
    explain:--device) _systole_devices "$cur" ;;
    explain:--shape)  ;;
    conformance:--device) _systole_devices "$cur" ;;
    disasm:--device) _systole_devices "$cur" ;;
    asm:--output) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    xclbin:--library) COMPREPLY=($(compgen -f -- "${cur##*=}")) ;;
    xclbin:--output) COMPREPLY=($(compgen -d -- "$cur")) ;;
    xclbin:--cus)  ;;
    xclbin:--memory)  ;;
    xclbin:--cards)  ;;
    xclbin:--options)  ;;
    *)
        case $verb in
        run) words=' --device --input --random --shape --output --profile --report --trace --wave --view --layer --skip --json --quiet --help' ;;
        trace) words=' --device --input --random --shape --output --profile --report --trace --wave --view --layer --skip --json --quiet --help' ;;
        compare) words=' --devices --device --input --random --shape --layers --isolated --bisect --capture --against --profile --report --json --quiet --help' ;;
        bench) words='gemm conv model --devices --device --type --stride --pad --groups --repeat --random --shape --json --quiet --help' ;;
        roofline) words=' --type --size --repeat --peak --bandwidth --random --report --json --quiet --help' ;;
        sweep) words=' --devices --device --memory --input --random --shape --threads --report --json --quiet --help' ;;
        compile) words=' --device --output --shape --json --quiet --help' ;;
        explain) words=' --device --shape --json --quiet --help' ;;
        conformance) words=' --device --verbose --json --quiet --help' ;;
        devices) words=' --json --quiet --help' ;;
        disasm) words=' --device --json --quiet --help' ;;
        asm) words=' --output --json --quiet --help' ;;
        bitstream) words='check list --json --quiet --help' ;;
        xclbin) words=' --library --output --cus --memory --cards --options --json --quiet --help' ;;
        completion) words='bash zsh fish mdoc --json --quiet --help' ;;
        version) words=' --json --quiet --help' ;;
        help) words=' --json --quiet --help' ;;
        esac
        case $cur in
        -*) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W "${words%%--*}" -- "$cur") $(compgen -f -- "$cur")) ;;
        esac ;;
    esac
}

complete -o filenames -F _systole systole
