#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# deb.sh: build/deb/*.deb, by dpkg-deb, from `make install` into a folder: libsystole0 (the library), libsystole-dev (headers,
# pkg-config) and systole (command, devices, manual). Devices and kernels for any machine of the architecture: NATIVE is empty.
set -eu

make=${MAKE:-make}
upstream=${VERSION:?}
version=$upstream-1
arch=$(dpkg --print-architecture)
multi=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
out=build/deb
staged=$PWD/$out/staged
lib=usr/lib/$multi
maintainer=${DEBFULLNAME:-Systole}\ \<${DEBEMAIL:-systole@localhost}\>

rm -rf "$out"
mkdir -p "$staged" "$out/debian"
# Objects and devices of their own: those of the ordinary build are for this very processor.
mkdir -p build/deb-tree
for f in Makefile driver host hls sim rtl tests docs examples LICENSE; do ln -sfn "../../$f" "build/deb-tree/$f"; done
(cd build/deb-tree && "$make" install NATIVE= WIDE= PREFIX=/usr libdir="/$lib" INSTALL_RPATH= DESTDIR="$staged" MAKEFLAGS=)

# move PACKAGE PATH ...
move() {
    package=$1
    shift
    for path in "$@"; do
        mkdir -p "$out/$package/$(dirname "$path")"
        mv "$staged/$path" "$out/$package/$path"
    done
}

# What the programs and libraries of a package need, as dpkg-shlibdeps finds it.
needs() {
    (cd "$out" && find "$1" -type f \( -name '*.so*' -o -path '*/bin/*' \) -exec dpkg-shlibdeps -O --ignore-missing-info \
        -l"libsystole0/$lib" {} + 2>/dev/null | sed -n 's/^shlibs:Depends=//p' | sed 's/, libsystole0 ([^)]*)//')
}

# pack PACKAGE SECTION DEPENDS 'one line' 'text'
pack() {
    tree=$out/$1
    doc=$tree/usr/share/doc/$1
    mkdir -p "$tree/DEBIAN" "$doc"
    {
        echo 'Copyright: the authors of Systole'
        echo
        echo 'Licensed under the Apache License, version 2.0; on Debian systems it is in /usr/share/common-licenses/Apache-2.0.'
    } >"$doc/copyright"
    printf 'systole (%s) unstable; urgency=medium\n\n  * Packaged from its own makefile.\n\n -- %s  %s\n' "$version" "$maintainer" \
        "$(date -R -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}")" | gzip -9n >"$doc/changelog.Debian.gz"
    find "$tree" -type f \( -name '*.so*' -o -path '*/bin/*' \) -exec strip --strip-unneeded --remove-section=.comment --remove-section=.note {} +
    find "$tree/usr/share/man" -type f ! -name '*.gz' -exec gzip -9n {} + 2>/dev/null || true
    cat >"$tree/DEBIAN/control" <<END
Package: $1
Source: systole
Version: $version
Architecture: $arch
Multi-Arch: $(if [ "$1" = systole ]; then echo foreign; else echo same; fi)
Maintainer: $maintainer
Section: $2
Priority: optional
Installed-Size: $(du -ks "$tree" | cut -f1)
Depends: $3
Description: $4
$(echo "$5" | fold -s -w 76 | sed 's/^/ /; s/ *$//')
END
    chmod -R u+rwX,go+rX,go-w "$tree"
    dpkg-deb --root-owner-group --build "$tree" "$out" >/dev/null
}

printf 'Source: systole\n\nPackage: systole\nArchitecture: any\n' >"$out/debian/control"
move libsystole-dev "$lib/libsystole.so" "$lib/pkgconfig" usr/include
if [ -d "$staged/usr/share/man/man3" ]; then move libsystole-dev usr/share/man/man3; fi
mv "$staged/$lib/systole" "$staged/devices"
move libsystole0 "$lib"
mkdir -p "$staged/$lib"
mv "$staged/devices" "$staged/$lib/systole"
move systole "$lib/systole"
mkdir -p "$out/systole/usr"
cp -a "$staged/usr/." "$out/systole/usr/"

printf 'libsystole 0 libsystole0 (>= %s)\n' "$upstream" >"$out/debian/shlibs.local"
mkdir -p "$out/libsystole0/DEBIAN"
printf 'libsystole 0 libsystole0 (>= %s)\n' "$upstream" >"$out/libsystole0/DEBIAN/shlibs"
printf 'activate-noawait ldconfig\n' >"$out/libsystole0/DEBIAN/triggers"
pack libsystole0 libs "$(needs libsystole0)" 'neural networks on a systolic array: the library' \
    'Runs ONNX networks on a systolic array, simulated or real, and on references that give the same bits.'
pack libsystole-dev libdevel "libsystole0 (= $version)" 'neural networks on a systolic array: for programs' \
    'The headers, the link of the library and the file for pkg-config.'
pack systole science "libsystole0 (= $version), $(needs systole)" 'neural networks on a systolic array: the command' \
    'The command systole, a simulator of the 16x16 array that counts every cycle, and its functional device.'
rm -rf "$staged"
ls "$out"/*.deb
