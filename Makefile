# Every action; `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python
SERVICES := ingest risk fulfillment reconciliation
MEMBERS := libs/common libs/sluice $(addprefix services/,$(SERVICES)) deploy/local deploy/simulator demo loadtest
PACKAGES := common sluice $(SERVICES) stack simulator demo loadtest
CODE := libs services deploy/local deploy/simulator demo loadtest tests tools conftest.py

.PHONY: help
help: ## list what can be done
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- set up -----------------------------------------------------------------------------------

.venv/installed: requirements/dev.txt pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS))
	@echo "Setting up .venv …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade >/dev/null
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode requirements/dev.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation $(addprefix -e ,$(MEMBERS))
	@$(BIN)/python -m compileall -q $(MEMBERS)
	@touch $@

.PHONY: setup
setup: .venv/installed ## install what is needed into .venv

.PHONY: pin
pin: .venv/installed ## pin the requirements anew, with hashes and no index
	@for set in uv runtime dev; do $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes \
	  --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate \
	  --custom-compile-command "make pin" requirements/$$set.in -o requirements/$$set.txt; done

# --- run --------------------------------------------------------------------------------------

.PHONY: demo
demo: setup ## show the main job on real input (ARGS=--exit: end by itself)
	@$(RUN) -m demo $(ARGS)

.PHONY: run
run: setup ## start the private local stack alone, with its live page
	@$(RUN) -m stack up --with board $(ARGS)

.PHONY: simulator
simulator: setup ## start the stack with simulated channels to try intake against (docs/channels.md)
	@$(RUN) -m stack up --with board --with simulator $(ARGS)

.PHONY: down
down: setup ## stop it (ARGS=--wipe: and delete its data)
	@$(RUN) -m stack down $(ARGS)

.PHONY: status
status: setup ## show its processes and addresses
	@$(RUN) -m stack status $(ARGS)

.PHONY: scale
scale: setup ## change the number of workers: make scale risk=4, risk=auto, or ARGS=auto for all
	@$(RUN) -m stack scale $(foreach s,$(SERVICES),$(if $($(s)),$(s)=$($(s)))) $(ARGS)

.PHONY: verify
verify: setup ## prove that no order and no cent was lost between the services
	@set -a; . .local/env; set +a; $(BIN)/sluice verify $(ARGS)

.PHONY: recover
recover: setup ## work a backlog off newest first: make recover service=risk (ARGS="--status", "--stop")
	@set -a; . .local/env; set +a; $(BIN)/sluice recover $(service) $(ARGS)

.PHONY: logs
logs: setup ## show a process's log: make logs name=risk-worker-1 (ARGS=-f)
	@$(RUN) -m stack logs $(name) $(ARGS)

.PHONY: rollback
rollback: setup ## rule sets of risk: back to the one before: make rollback reason="…" (to=ID or time)
	@test -n "$(reason)" || { echo 'Say why: make rollback reason="…"'; exit 2; }
	@set -a; . .local/env; set +a; $(RUN) -m risk rollback --reason "$(reason)" $(if $(to),--to "$(to)")

.PHONY: psql
psql: setup ## look into the database
	@$(RUN) -m stack psql $(service)

.PHONY: parked
parked: setup ## events that could not be handled: make parked service=risk do="list|show ID|replay --all"
	@set -a; . .local/env; set +a; $(RUN) -m $(service) parked $(or $(do),list)

# --- check and test ---------------------------------------------------------------------------

.PHONY: check
check: setup ## format, lint, types, imports, dead code, dependencies, deployment files
	@$(BIN)/ruff format --check --quiet $(CODE)
	@$(BIN)/ruff check --quiet $(CODE)
	@$(BIN)/mypy $(addprefix -p ,$(PACKAGES))
	@cd tools && MYPYPATH=. ../$(BIN)/mypy --config-file ../pyproject.toml *.py rendering/*.py rendering/dashboards/*.py
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/vulture
	@for member in $(MEMBERS); do (cd $$member && $(CURDIR)/$(BIN)/deptry --no-ansi src 2>&1 | grep -v -e '^Scanning' -e '^Success' ; exit $${PIPESTATUS[0]}) || exit 1; done
	@$(RUN) tools/check_deployment.py
	@$(RUN) tools/check_cluster.py
	@$(RUN) tools/check_repository.py

.PHONY: fix
fix: setup ## format and repair what can be repaired
	@$(BIN)/ruff check --quiet --fix-only $(CODE)
	@$(BIN)/ruff format --quiet $(CODE)

.PHONY: test
test: setup ## all tests, fast ones first, in several processes (ARGS are pytest's)
	@$(RUN) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: test-unit
test-unit: setup ## tests without database and broker
	@$(RUN) -m pytest libs/*/tests/unit services/*/tests/unit tests/architecture $(ARGS)

.PHONY: fuzz
fuzz: setup ## 10,000 damaged webhooks at every channel's door: make fuzz bodies=50000 seed=7
	@FUZZ_BODIES=$(or $(bodies),10000) $(if $(seed),FUZZ_SEED=$(seed)) $(RUN) -m pytest \
	  services/ingest/tests/integration/test_fuzz.py -s --timeout 3600 $(ARGS)

.PHONY: mutants
mutants: setup ## break the delivery rules on purpose and see the system tests notice
	@$(RUN) -m pytest tests/mutants -s $(ARGS)

.PHONY: bench
bench: setup ## orders a second through four services, beside the bare pipeline
	@$(RUN) -m loadtest.bench $(ARGS)
	@$(RUN) tools/quote_figures.py

.PHONY: rules-bench
rules-bench: setup ## µs per decision with 50 rules, beside two rule engines
	@$(RUN) -m loadtest.rules $(ARGS)

.PHONY: slow-rule
slow-rule: setup ## a rule of 1.2 s goes out: gate, breaker, abort, re-check, with a plot
	@$(RUN) -m loadtest.slow_rule $(ARGS)

.PHONY: incident
incident: setup ## the incident with and without the safeguards, with a report (ARGS="--scale short")
	@$(RUN) -m loadtest.incident $(ARGS)

.PHONY: baseline
baseline: setup ## the critical path beside the bare yardstick, compared with the last time (ARGS=--quick)
	@$(RUN) -m loadtest.baseline $(ARGS)

.PHONY: chaos
chaos: setup ## orders at a steady rate while queues, broker and workers are taken away
	@$(RUN) -m loadtest.chaos $(ARGS)

.PHONY: intake-drill
intake-drill: setup ## six channels lose, repeat and shuffle pushes: every order is here, and right
	@$(RUN) -m loadtest.intake_drill $(ARGS)

.PHONY: docs
docs: setup ## write what is made from the code anew: docs/generated, dashboards, cluster files
	@$(RUN) tools/render_docs.py
	@$(RUN) tools/render_dashboards.py
	@$(RUN) tools/render_cluster.py

.PHONY: migration
migration: setup ## an empty migration: make migration service=risk name=add_reason
	@$(RUN) tools/new_migration.py $(service) $(name)
