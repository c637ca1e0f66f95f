# Two words do everything on a fresh machine with Python 3.11+: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.bench-ready

.PHONY: demo test check fix bench bench-full bench-findings bench-accuracy calibrate lock clean

# The environment is rebuilt when what it is made from changes. Versions and hashes are locked; nothing else is fetched.
$(READY): pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	# Also where the environment forbids bytecode: without it every command would first compile its libraries.
	$(BIN)/python -m compileall -q -j 0 $(VENV)/lib detector > /dev/null || true
	touch $@

demo: $(READY)  ## Generate comments from a recipe, scan them, say where the report is.
	mkdir -p demo
	$(BIN)/detector simulate seeds/0014-demo.toml -o demo/comments.jsonl
	$(BIN)/detector scan demo/comments.jsonl -o demo/result --force
	$(BIN)/detector evaluate demo/result --truth demo/comments.truth.jsonl --json demo/evaluation.json > demo/evaluation.txt
	@echo
	@echo "What was hidden in the comments and what was found of it: demo/evaluation.txt"
	@echo "The report, for your browser: demo/result/report.html"

test: $(READY)  ## Run the tests; what needs a Debian package that is absent is skipped, and said.
	$(BIN)/python -m pytest

check: $(READY)  ## Format, lint, types, floors, documents in step.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict detector
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_docs.py

fix: $(READY)  ## Format, and mend what ruff can.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(BENCH_READY)  ## Measure time, memory and what is found beside others, in ten minutes once the workloads are made.
	$(BIN)/python -m benchmarks.run

bench-full: $(BENCH_READY)  ## The same with nothing scaled down, up to 30 million comments: hours, and 20 GB of disk.
	$(BIN)/python -m benchmarks.run --full

bench-findings: $(READY)  ## Measure what is found and what is flagged wrongly in generated comments of every kind.
	$(BIN)/python -m benchmarks.findings

calibrate: $(READY)  ## Measure labelled comments, fit the weights of evidence, bring the model card up to date.
	$(BIN)/python -m benchmarks.calibrate

$(BENCH_READY): $(READY) benchmarks/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r benchmarks/requirements.lock
	touch $@

bench-accuracy: $(BENCH_READY)  ## Rank the accounts of generated mixtures by this detector and by others.
	$(BIN)/python -m benchmarks.accuracy

lock: $(READY)  ## Resolve the newest versions that pyproject.toml allows, for every Python from 3.11.
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group dev --group build --output-file requirements.lock --upgrade pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group bench --constraints requirements.lock --output-file benchmarks/requirements.lock --upgrade

clean:
	rm -rf $(VENV) demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
