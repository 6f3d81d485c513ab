# The two commands: `make run` and `make test`. Everything else is a part of them.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint unit browser servers corpus fuzz bench test-faults test-load clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/installed ## start Pratique on loopback with a demo tenant and sample mail; Ctrl-C ends it
	@exec $(BIN)/pratique up --demo

test: servers lint unit browser ## install what the tests need, then pass the whole suite

lint: .venv/installed-test ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Three at once on two cores, because many wait for a server; whoever is done takes tests from another. Each has servers of its own.
# What fails beside others is tried once more by itself: both are told, and one that fails again is a failure.
unit: .venv/installed-test ## every test but those in a browser: WORKERS=3 at once
	$(BIN)/python -m pytest -m "not browser" --numprocesses $(or $(WORKERS),3) --dist worksteal || \
	  $(BIN)/python -m pytest -m "not browser" --last-failed --last-failed-no-failures none

# An invocation of its own: Playwright keeps an event loop of its own, which no other test may meet.
browser: .venv/installed-test ## the tests in a real Chromium
	$(BIN)/python -m pytest -m browser

servers: ## install the servers of the tests (Debian, as root or with CI=true); else print how
	@tests/install_servers.sh

corpus: .venv/installed-test ## send the corpus of hidden viruses and odd clean mail through the program
	$(BIN)/python -m tests.corpus.judge --pairs 1000
	$(BIN)/python -m tests.corpus.clamd_views

# atheris needs a compiler where no wheel fits: without it, the run without instrumentation must do.
fuzz: .venv/installed-test ## compare with other parsers, fuzz the anatomy, measure growth: FUZZ_SECONDS=600 of it under atheris
	$(BIN)/python -m tests.fuzz.growth
	$(BIN)/python -m tests.differential.comparing --count 20000
	$(BIN)/python -m tests.fuzz.loop --count 20000
	$(BIN)/python -m pip install --quiet --editable '.[fuzz]' && \
	  mkdir -p var/fuzz && cd var/fuzz && PYTHONPATH=$(CURDIR) $(CURDIR)/$(BIN)/python -m tests.fuzz.anatomy -max_total_time=$(or $(FUZZ_SECONDS),600)

bench: .venv/installed-test ## measure beside Postfix with clamav-milter and amavisd, Haraka, aiosmtpd: writes docs/performance.md
	tests/bench/install_peers.sh
	$(BIN)/python -m tests.bench.compare $(BENCH)

# As root on Linux, for the disks and the memory limit; what that is not there is said.
test-faults: .venv/installed-test ## 60 kills on both kinds of storage, 60 power cuts and their control, disks, scanners: an hour
	$(BIN)/python -m tests.faults.crash
	$(BIN)/python -m tests.faults.crash --on postgresql
	$(BIN)/python -m tests.faults.power_cut
	$(BIN)/python -m tests.faults.power_cut --cuts 20 --without-sync
	$(BIN)/python -m tests.faults.many_nodes
	$(BIN)/python -m tests.faults.key_rotation
	$(BIN)/python -m tests.faults.queue_simulation 10000
	$(BIN)/python -m tests.faults.upgrade
	$(BIN)/python -m tests.faults.failover
	$(BIN)/python -m tests.faults.joe_job
	$(BIN)/python -m pytest tests/faults

test-load: .venv/installed-test ## 10,000 idle connections, slow ones, 1 GiB of memory, a soak: SOAK_MINUTES=60
	$(BIN)/python -m tests.load.connections
	$(BIN)/python -m tests.load.memory
	$(BIN)/python -m tests.load.queue_fairness
	-$(BIN)/python -m tests.load.flood
	-$(BIN)/python -m tests.load.stuck_hop
	$(BIN)/python -m tests.load.soak --minutes $(or $(SOAK_MINUTES),60)

clean: ## remove the virtual environment and the caches, never the data in ./var
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The marks are newer than pyproject.toml when what it names is installed.
.venv/installed: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/installed-test: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@ .venv/installed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "Python's venv is needed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
