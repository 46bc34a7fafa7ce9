#!/usr/bin/env bash
# Installs what Larder's build and tests need on Debian 12: Debian packages, and a virtual environment .venv with the
# pinned wheels of requirements.txt. Works as root or with sudo; says what it does; silent and quick when all is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

packages=(
  # build
  g++ make git cmake ninja-build ccache pkg-config ca-certificates
  # wheels, tests and scripts written in Python
  python3 python3-venv python3-dev
  # libraries (docs/ARCHITECTURE.md tells what each is for)
  libssl-dev libsimdjson-dev libsqlite3-dev librocksdb-dev libyaml-cpp-dev libcli11-dev libxxhash-dev libhwy-dev
  # time zones: the calendar functions read them
  tzdata
  # tests, guides and benchmarks
  curl
  libgtest-dev libgmock-dev libbenchmark-dev wrk redis-server redis-tools valgrind
  # formatting, tidiness, fuzzers, the dist target
  clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 patchelf binutils
)

missing=()
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
for package in "${packages[@]}"; do
  grep -q "^${package} installed$" <<<"$installed" || missing+=("$package")
done

if [ "${#missing[@]}" -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: these Debian packages are missing and there is no sudo: ${missing[*]}; install them as root" >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "setup: installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
         apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "setup: apt-get failed (the whole output: $log)" >&2
    exit 1
  fi
  rm -f "$log"
fi

wanted=$(sha256sum requirements.txt | cut -d' ' -f1)
if [ "$(cat .venv/larder-requirements 2>/dev/null)" != "$wanted" ] || ! .venv/bin/python -c '' 2>/dev/null; then
  echo "setup: making .venv with the pinned wheels of requirements.txt" >&2
  /usr/bin/python3 -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt >&2
  echo "$wanted" >.venv/larder-requirements
fi
