#!/usr/bin/env bash
# Judges formatting (clang-format --dry-run) and defects (clang-tidy, .clang-tidy says what and why).
# TIDY=changed looks only at files that differ from HEAD. The first argument is how many run at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
jobs="${1:-2}"

if [ "${TIDY:-all}" = changed ]; then
  mapfile -t files < <({ git diff --name-only --diff-filter=d HEAD -- '*.h' '*.cc'
                         git ls-files -o --exclude-standard -- '*.h' '*.cc'; } | sort -u)
else
  mapfile -t files < <(git ls-files -co --exclude-standard -- '*.h' '*.cc' | sort -u)
fi
existing=()
for file in "${files[@]}"; do
  if [ -f "$file" ]; then existing+=("$file"); fi
done
if [ "${#existing[@]}" -eq 0 ]; then
  echo "tidy: no C++ file to look at"
  exit 0
fi

clang-format-14 --dry-run --Werror "${existing[@]}"
echo "tidy: ${#existing[@]} files are formatted"

# Only files that the dev preset compiles have a command line; a header is judged where it is included.
compiled=()
for file in "${existing[@]}"; do
  if [[ "$file" == *.cc ]] && grep -qF "/$file\"" build/dev/compile_commands.json; then compiled+=("$file"); fi
done
if [ "${#compiled[@]}" -gt 0 ]; then
  # g++'s own warning flags are unknown to clang.
  printf '%s\n' "${compiled[@]}" | xargs -P "$jobs" -n 1 \
    clang-tidy-14 -p build/dev --quiet --extra-arg=-Wno-unknown-warning-option
fi
echo "tidy: clang-tidy looked at ${#compiled[@]} files"
