# SPDX-License-Identifier: Apache-2.0
# Programs as text and back.
$ printf 'LOAD mem=WPAD conv=F32_M src_lo=0x40 dst=4096 len=16 n1=1 n2=1 n3=1 s1=-64 signal=4\n\n# the end\nSYNC queue=STORE wait=8,11\nEND\n' >a.txt
$ systole asm a.txt --output a.bin && wc -c <a.bin
384
$ systole disasm a.bin
LOAD mem=WPAD conv=F32_M src_lo=0x40 dst=0x1000 len=16 n1=1 n2=1 n3=1 s1=-64 signal=4
SYNC queue=STORE wait=8,11
END
$ systole asm a.txt | systole disasm - | systole asm - | cmp - a.bin && echo the same
the same
$ systole disasm a.bin --json
{
  "file": "a.bin",
  "instructions": [
    {"index": 0, "text": "LOAD mem=WPAD conv=F32_M src_lo=0x40 dst=0x1000 len=16 n1=1 n2=1 n3=1 s1=-64 signal=4", "instruction": "LOAD", "fields": {"mem": "WPAD", "conv": "F32_M", "src_lo": "0x40", "dst": "0x1000", "len": "16", "n1": "1", "n2": "1", "n3": "1", "s1": "-64", "signal": "4"}},
    {"index": 1, "text": "SYNC queue=STORE wait=8,11", "instruction": "SYNC", "fields": {"queue": "STORE", "wait": "8,11"}},
    {"index": 2, "text": "END", "instruction": "END", "fields": {}}
  ]
}
$ json.sh systole disasm a.bin --json
valid
$ systole asm a.txt --json
systole: --json and the program cannot both go to standard output: give --output; see systole help
[2]
$ systole asm a.txt --json --output b.bin
{
  "file": "b.bin",
  "instructions": 3
}
# Any bytes have a text that gives them again.
$ head -c 12800 "$(command -v systole)" >any.bin; systole disasm any.bin >any.txt; systole asm any.txt | cmp - any.bin && echo the same
the same
$ json.sh systole disasm any.bin --json
valid
$ head -c 100 a.bin >short.bin; systole disasm short.bin
systole: short.bin: 100 bytes; a program is whole instructions of 128
[3]
$ : >none.bin; systole disasm none.bin
$ systole disasm
systole: which file?; see systole help
[2]
$ systole disasm absent.bin
systole: absent.bin: No such file or directory
[3]
$ systole disasm .
systole: .: Is a directory
[3]
$ systole asm absent.txt
systole: absent.txt: No such file or directory
[3]
$ printf 'END\nJUMP there\n' >bad.txt; systole asm bad.txt --output bad.bin; ls bad.bin
systole: bad.txt:2: there is no instruction 'JUMP'
ls: cannot access 'bad.bin': No such file or directory
[2]
$ printf 'LOAD len=16777216\n' >bad.txt; systole asm bad.txt
systole: bad.txt:1: len=16777216: a number of 24 bits
[3]
$ systole asm a.bin
systole: a.bin: not a text
[3]
$ systole asm a.txt --output absent/a.bin
systole: absent/a.bin: No such file or directory
[3]
$ systole asm a.txt --output /dev/full
systole: /dev/full: No space left on device
[3]
$ systole asm a.txt >/dev/full
systole: -: No space left on device
[3]
