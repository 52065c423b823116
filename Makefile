# Two commands: `make demo` starts Comptoir with demo providers, `make check` runs every check.

VENV := .venv
PYTHON ?= python3
READY := $(VENV)/.ready

# Trust what the machine trusts, also where a company's own authority signs.
export UV_SYSTEM_CERTS := true
export UV_NATIVE_TLS := true

.PHONY: demo check clean

demo: $(READY)
	@$(VENV)/bin/comptoir demo $(if $(RESET),--reset)

check: $(READY)
	@$(VENV)/bin/python -m tests.machine
	@$(VENV)/bin/tox --quiet $(ARGS)

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Comptoir needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check uv
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(VENV)/bin/uv sync --quiet --locked --inexact --all-extras
	@touch $@

clean:
	rm -rf $(VENV) .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis
