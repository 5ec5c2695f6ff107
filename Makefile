# `make demo` and `make test` need Linux, Python 3.11 or newer, and make: all else comes into .venv.

VENV := .venv
INSTALLED := $(VENV)/.installed
UV := uv==0.13.9
# Four at a time: the tests hold real processes, and waiting is most of what they do.
TEST_OPTIONS ?= -n 4 --dist worksteal
# Where it is set, each of the many interpreters that tests begin compiles the project again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check bench pictures lock clean

help: ## show this
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

demo: $(INSTALLED) ## bring up the example shop and show its page
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" python examples/shop/demo.py

test: $(INSTALLED) ## run all tests
	$(VENV)/bin/pytest $(TEST_OPTIONS)

check: $(INSTALLED) ## run what reads the code without running it
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/pytest -q tests/architecture

bench: $(INSTALLED) ## measure, side by side with others
	$(VENV)/bin/python -m tests.benchmarks

pictures: $(INSTALLED) ## take the pictures of README.md anew
	$(VENV)/bin/python scripts/pictures.py

lock: ## write requirements.lock anew
	python3 -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check $(UV)
	build/lock/bin/uv pip compile --quiet --universal --upgrade --python-version 3.11 --extra test \
		--generate-hashes --no-header --no-annotate pyproject.toml --output-file requirements.lock

clean: ## remove what was made here
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements.lock pyproject.toml scripts/install.sh
	@scripts/install.sh $(VENV)
