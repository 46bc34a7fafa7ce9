#!/usr/bin/env bash
# Runs the benchmarks and writes bench/results/. Run nothing else meanwhile: two cores are shared by all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
.venv/bin/python bench/tasks/pit/run.py build/release "${TASKS:-}" "${ROUNDS:-5}" "${CONTENDERS:-}"
.venv/bin/python bench/serving/run.py build/release/larder
