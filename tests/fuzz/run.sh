#!/usr/bin/env bash
# Runs every fuzzer of build/fuzz: for LARDER_FUZZ_SECONDS each (default 60), or with `--together N` for a share of N
# seconds (at least 2 each). What a fuzzer finds is kept under build/fuzz/found, its corpus under build/fuzz/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

shopt -s nullglob
programs=()
for program in build/fuzz/tests/fuzz/fuzz_*; do
  if [ -f "$program" ] && [ -x "$program" ]; then programs+=("$program"); fi
done
if [ "${#programs[@]}" -eq 0 ]; then
  echo "SKIPPED: no fuzzers in build/fuzz (make test and make fuzz build them with clang-14)"
  exit 77
fi

seconds="${LARDER_FUZZ_SECONDS:-60}"
if [ "${1:-}" = "--together" ]; then
  seconds=$(($2 / ${#programs[@]}))
  if [ "$seconds" -lt 2 ]; then seconds=2; fi
fi

mkdir -p build/fuzz/found
failed=()
for program in "${programs[@]}"; do
  name="$(basename "$program")"
  corpus="build/fuzz/corpus/$name"
  mkdir -p "$corpus"
  seeds=()
  if [ -d "tests/fuzz/seeds/${name#fuzz_}" ]; then seeds+=("tests/fuzz/seeds/${name#fuzz_}"); fi
  log="build/fuzz/$name.log"
  if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
      -artifact_prefix="build/fuzz/found/$name-" "$corpus" "${seeds[@]}" >"$log" 2>&1; then
    echo "$name: $(grep -E '^Done' "$log" || echo finished)"
  else
    failed+=("$name")
    echo "$name: FAILED, the end of $log:"
    tail -n 40 "$log"
  fi
done
if [ "${#failed[@]}" -gt 0 ]; then
  echo "fuzzers that found something: ${failed[*]}; the inputs lie in build/fuzz/found"
  exit 1
fi
