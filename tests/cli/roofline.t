# SPDX-License-Identifier: Apache-2.0
$ systole roofline
systole: which device?; see systole help
[2]
$ systole roofline cpu cpu
systole roofline: one at a time; unexpected cpu; see systole help roofline
[2]
$ systole roofline abacus:1 2>/dev/null
[5]
$ systole roofline cpu --type f64
systole: --type is f32 or int8; see systole help
[2]
$ systole roofline cpu --size 7
systole: --size is 8 to 16384; see systole help
[2]
$ systole roofline cpu --size 16385
systole: --size is 8 to 16384; see systole help
[2]
$ systole roofline cpu --repeat 1001
systole: --repeat is 1 to 1000; see systole help
[2]
$ for n in 0 -1 fast 2.5TB inf ''; do systole roofline cpu --peak "$n"; done
systole: --peak and --bandwidth take a number above zero, as 256, 2.5T or 900G; see systole help
systole: --peak and --bandwidth take a number above zero, as 256, 2.5T or 900G; see systole help
systole: --peak and --bandwidth take a number above zero, as 256, 2.5T or 900G; see systole help
systole: --peak and --bandwidth take a number above zero, as 256, 2.5T or 900G; see systole help
systole: --peak and --bandwidth take a number above zero, as 256, 2.5T or 900G; see systole help
systole: --peak and --bandwidth take a number above zero, as 256, 2.5T or 900G; see systole help
[2]
$ systole roofline cpu --bandwidth 1x
systole: --peak and --bandwidth take a number above zero, as 256, 2.5T or 900G; see systole help
[2]
$ systole roofline cpu,threads=1 --size 64 --repeat 3 --json --quiet | check_roofline.py
5 rungs of a second by the clock of the processor: consistent
$ systole roofline cpu,threads=1 --size 64 --type int8 --repeat 2 --json --quiet | check_roofline.py
5 rungs of a second by the clock of the processor: consistent
# Where nothing is measured the ladder itself is told, or what is declared.
$ systole roofline cpu,kernel=naive --size 16 --repeat 1 --json --quiet | check_roofline.py
3 rungs of a second by the clock of the computer: consistent
$ systole roofline cpu,kernel=naive --size 16 --repeat 1 --json --quiet | grep from
  "peak_from": "not known: the fastest of the ladder; --peak tells it",
  "bandwidth_from": "not known: the most the ladder moved; --bandwidth tells it",
$ systole roofline cpu --size 16 --peak 2.5T --bandwidth 64 --json --quiet | grep '^  "peak\|^  "band'
  "peak": 2.5e+12,
  "peak_from": "declared",
  "bandwidth": 64,
  "bandwidth_from": "declared",
$ systole roofline cpu,threads=1 --size 32 --repeat 1 --quiet | sed -n '1p;/^product/p;/^[0-9]*x/p' | sed 's/^\([^ ]*  *[^ ]*\) .*/\1/'
cpu,threads=1, f32
product  MACs/byte
1x32x32      0.235
2x32x32      0.444
4x32x32        0.8
8x32x32       1.33
$ systole roofline cpu,threads=1 --size 32 --repeat 1 --quiet --report page.html >/dev/null && check_page.py page.html
page.html: whole; plots: ['Roofline: MACs for each byte against the rate']
$ systole roofline cpu,threads=1 --size 32 --repeat 1 --quiet --report absent/page.html
systole: absent/page.html: No such file or directory
[3]
