#!/usr/bin/env bash
# Packs the release program with every shared library that it needs beyond glibc's own into one tarball, which runs
# wherever it is unpacked on Debian 12 or newer: dist/larder-VERSION-linux-x86_64.tar.gz. `make dist` calls it.
#   bin/larder         looks for its libraries in ../lib (RPATH, so that nothing in the environment changes them)
#   lib/               those libraries, stripped, but for those that are compiled in
#   share/zoneinfo/    time zones, which a bare machine does not have
#   share/licenses/    the licence of everything bundled
# LARDER_PROGRAM names another program than build/release/larder, LARDER_DIST another folder than dist/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program="${LARDER_PROGRAM:-build/release/larder}"
target="${LARDER_DIST:-dist}"
version="$(sed -n 's/^project(larder VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)"
name="larder-$version-linux-x86_64"
tarball="$target/$name.tar.gz"
if [ ! -x "$program" ]; then
  echo "dist: $program is missing: run make build" >&2
  exit 1
fi
if [ "$tarball" -nt "$program" ] && [ "$tarball" -nt cmake/dist.sh ]; then
  echo "dist: $tarball is up to date"
  exit 0
fi

mkdir -p "$target"
stage="$(mktemp -d "$target/stage-XXXXXX")"
trap 'rm -rf "$stage"' EXIT
folder="$stage/$name"
mkdir -p "$folder"/{bin,lib,share/licenses}

# glibc belongs to the machine: it must fit its loader and its kernel.
is_glibc() {
  case "$1" in
    ld-linux*|linux-vdso*|libc.so.*|libm.so.*|libdl.so.*|librt.so.*|libpthread.so.*|libresolv.so.*|libutil.so.*) return 0 ;;
    *) return 1 ;;
  esac
}

copy_licence() {  # of the library file $1
  local file package text
  file="$(readlink -f "$1")"
  if [[ "$file" == */pyarrow/* ]]; then
    package=arrow
    text="$(find "$(dirname "$file")"/../pyarrow-*.dist-info -name 'LICENSE*' | sort | head -n 1)"
  else
    # Debian may list the file with or without /usr in front.
    package="$({ dpkg-query -S "$file" || dpkg-query -S "${file#/usr}"; } 2>/dev/null | head -n 1 | cut -d: -f1)"
    text="/usr/share/doc/$package/copyright"
  fi
  if [ -z "$package" ] || [ ! -r "$text" ]; then
    echo "dist: no licence text found for $file" >&2
    return 1
  fi
  cp -L "$text" "$folder/share/licenses/$package.txt"
}

resolved="$(ldd "$program")"
if grep 'not found' <<<"$resolved" >&2; then
  echo "dist: $program needs libraries that are not here" >&2
  exit 1
fi
libraries=()
while read -r library path; do
  if is_glibc "$library"; then continue; fi
  cp -L "$path" "$folder/lib/$library"
  copy_licence "$path"
  libraries+=("$library")
done < <(awk '$2 == "=>" {print $1, $3}' <<<"$resolved")

# What is compiled in (cmake/dependencies.cmake).
for package in librocksdb-dev libsnappy-dev liblz4-dev libzstd-dev libbz2-dev zlib1g-dev libgflags-dev libsqlite3-dev libyaml-cpp-dev libxxhash-dev; do
  cp -L "/usr/share/doc/$package/copyright" "$folder/share/licenses/$package.txt"
done

cp "$program" "$folder/bin/larder"
chmod 755 "$folder/bin/larder" "$folder"/lib/*
# Stripped first: patchelf moves sections in a way that strip does not expect.
strip --strip-unneeded "$folder/bin/larder" "$folder"/lib/*
patchelf --force-rpath --set-rpath '$ORIGIN/../lib' "$folder/bin/larder"
for library in "${libraries[@]}"; do
  patchelf --force-rpath --set-rpath '$ORIGIN' "$folder/lib/$library"
done

cp -rL /usr/share/zoneinfo "$folder/share/zoneinfo"
rm -rf "$folder/share/zoneinfo/posix" "$folder/share/zoneinfo/right" "$folder/share/zoneinfo/localtime"
cp /usr/share/doc/tzdata/copyright "$folder/share/licenses/tzdata.txt"
for text in LICENSE README.md; do
  if [ -f "$text" ]; then cp "$text" "$folder/$text"; fi
done

tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00:00Z' -C "$stage" -cf - "$name" |
  gzip -n -6 >"$stage/packed"
mv "$stage/packed" "$tarball"
echo "dist: $tarball ($(du -h "$tarball" | cut -f1), ${#libraries[@]} libraries)"
