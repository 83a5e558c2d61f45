# Everything thin: scripts/bootstrap.py makes .venv, installs the lock, builds the assets and becomes the command.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3.14 || command -v python3 || command -v python)
DO = @$(PYTHON) scripts/bootstrap.py
COMPILE = .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: up test lint bench new-vertical assets locale lock

up:             ## Run the product with an embedded database and the demo company: http://localhost:8000
	$(DO) up

test:           ## Run all tests on database clusters of their own; ARGS="-k voucher" for some
	$(DO) test $(ARGS)

lint:           ## ruff, mypy --strict, import-linter
	$(DO) lint

bench:          ## Measure against the limits of benchmarks/README.md
	$(DO) bench $(ARGS)

new-vertical:   ## Scaffold a vertical: make new-vertical NAME=acme_dental
	$(DO) new-vertical $(NAME)

assets:         ## Browser libraries, fonts, message catalogs
	$(DO) assets

locale:         ## Collect the messages of all packages into their .po files
	$(DO) locale

lock:           ## Renew the pinned versions; commit both files
	$(DO) assets
	@.venv/bin/python -m pip install --quiet uv
	$(COMPILE) --upgrade --extra build -o requirements.lock
	$(COMPILE) --upgrade --extra dev -c requirements.lock -o requirements-dev.lock
