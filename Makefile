# The commands of this repository. `make` alone lists them; each installs what it needs first (setup.sh).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := list
.PHONY: list demo test test-fast build bench bench-pit bench-serving fuzz format tidy coverage dist clean setup
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
PYTHON := .venv/bin/python
export LARDER_SHARED ?= $(abspath ../shared)

list:
	@echo "demo      a training set and a served feature from real flights, end to end"
	@echo "test      everything that CI checks (test-fast: without the slow suites)"
	@echo "build     the release program: build/release/larder"
	@echo "bench     the benchmarks of bench/ (bench-pit: point-in-time joins alone; TASKS=1m,10m ROUNDS=5 CONTENDERS=+feast)"
	@echo "bench-serving  the serving shapes alone; SHAPES=one,many RIVALS=feast,redis ROUNDS=5 SECONDS=3 ENTITIES=1000000"
	@echo "fuzz      every fuzzer for FUZZ_SECONDS (default 60) each"
	@echo "format    clang-format over all C++ files"
	@echo "tidy      clang-format, tests/tidy and clang-tidy (TIDY=changed: only files that differ from HEAD)"
	@echo "coverage  line coverage of src/ by the fast suite"
	@echo "dist      one tarball that runs on a bare Debian 12: dist/larder-VERSION-linux-x86_64.tar.gz"
	@echo "clean     removes build/ and dist/"

setup:
	@./setup.sh

# The presets are configured once; afterwards ninja itself notices a changed CMakeLists.txt. setup.sh is silent and
# quick when everything is there, and its stamp configures again when another set of wheels was installed.
build/%/build.ninja: CMakePresets.json .venv/larder-requirements
	cmake --preset $* --log-level=WARNING

build: setup
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build build/release -j $(JOBS) --target programs
	@echo "build: build/release/larder"

demo: build
	@$(PYTHON) demo/run.py

empty :=
space := $(empty) $(empty)
# What has threads is also run under the thread sanitizer.
TSAN_TESTS := base_test http_test ram_test conformance_test

test: setup
	@$(MAKE) --no-print-directory build/dev/build.ninja build/release/build.ninja build/fuzz/build.ninja build/tsan/build.ninja
	@cmake --build build/dev -j $(JOBS)
	@cmake --build build/release -j $(JOBS) --target programs
	@cmake --build build/fuzz -j $(JOBS) --target fuzzers
	@cmake --build build/tsan -j $(JOBS) --target $(TSAN_TESTS)
	@ctest --test-dir build/tsan -j $(JOBS) --output-on-failure --no-tests=error -R '^($(subst $(space),|,$(TSAN_TESTS)))$$'
	@ctest --test-dir build/release --output-on-failure --no-tests=error -R '^python_store$$'
	@ctest --test-dir build/dev -j $(JOBS) --output-on-failure --no-tests=error

test-fast: setup
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@cmake --build build/dev -j $(JOBS)
	@ctest --test-dir build/dev -j $(JOBS) --output-on-failure --no-tests=error -L fast -E '^fuzz$$'

bench: build
	@cmake --build build/release -j $(JOBS)
	@bench/run.sh

# SHAPES=one,many RIVALS=feast,redis ROUNDS=5 SECONDS=3 ENTITIES=1000000; one shape without rivals takes a minute. Feast is
# installed under the bench data folder when it is named, unless FEAST_PYTHON has it.
bench-serving: build
	@cmake --build build/release -j $(JOBS) --target constant_server
	@$(PYTHON) bench/serving/run.py build/release/larder $(if $(SHAPES),--shapes $(SHAPES)) --with "$(RIVALS)" --rounds $(or $(ROUNDS),5) \
	  --seconds $(or $(SECONDS),3) --entities $(or $(ENTITIES),1000000) $(if $(FEAST_PYTHON),--feast-python $(FEAST_PYTHON))

# One task takes from a minute to an hour; bench/tasks/pit/tasks.py names them.
bench-pit: build
	@cmake --build build/release -j $(JOBS) --target pit_generate pit_larder_arrow
	@$(PYTHON) bench/tasks/pit/run.py build/release "$(TASKS)" "$(or $(ROUNDS),5)" "$(CONTENDERS)"

fuzz: setup
	@$(MAKE) --no-print-directory build/fuzz/build.ninja
	@cmake --build build/fuzz -j $(JOBS) --target fuzzers
	@LARDER_FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh

format: setup
	@git ls-files -co --exclude-standard '*.h' '*.cc' | xargs -r clang-format-14 -i

tidy: setup
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@$(PYTHON) tests/tidy/tidy.py
	@TIDY="$${TIDY:-all}" tests/tidy/clang_tidy.sh $(JOBS)

coverage: setup
	@$(MAKE) --no-print-directory build/coverage/build.ninja
	@cmake --build build/coverage -j $(JOBS)
	@ctest --test-dir build/coverage -j $(JOBS) --output-on-failure --no-tests=error -L fast -E '^(fuzz|tidy|tidy_test)$$'
	@$(PYTHON) tests/coverage.py build/coverage

dist: build
	@cmake/dist.sh

clean:
	rm -rf build dist
