# Every target does its own set-up on a machine with Node (any), Python 3, Go and make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Pinned tools. Packages are pinned in package-lock.json, Envoy in host/src/proxy/pinned-envoy.ts.
NODE_LEAST := 22.18.0
NODE_PACKAGE := node-linux-$(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x64)@24.21.0
FORTIO_VERSION := v1.68.0
CRANE_VERSION := v0.21.6

# The machine's own npm: as-pect brings npm 6 into node_modules/.bin, which cannot read our lock file.
NPM := $(firstword $(foreach folder,$(filter-out %/node_modules/.bin,$(subst :, ,$(PATH))),$(wildcard $(folder)/npm)))

TOOLS := $(CURDIR)/.tools
NODE := $(TOOLS)/node/bin/node
export PATH := $(TOOLS)/node/bin:$(TOOLS)/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export FORTIO := $(TOOLS)/bin/fortio

POLICIES ?= examples/policies
RUN_FLAGS ?=
DEMO_FLAGS ?=
IMAGES ?= build/images
ISTIO_TESTS ?= test/heavy/istio
# One module a function, and one of them all.
FUNCTIONS := rate-limit quota-scheduler circuit-breaker header-mutation
MODULES := $(FUNCTIONS:%=modules/%.wasm) modules/sluice.wasm
ASSEMBLY := $(shell find assembly -name '*.ts' -not -path '*/__tests__/*')
HOST := $(shell find host/src -name '*.ts')

say = @printf '\033[1m» %s\033[0m\n' "$(1)" >&2

##@ The two commands
.PHONY: run
run: build envoy ## Build, then run real Envoy with the sample policies (POLICIES=…) and an echo upstream
	@exec bin/sluice run -f $(POLICIES) $(RUN_FLAGS)

.PHONY: test
test: build envoy fortio lint ## Run every test that fits in CI; ends with "N passed, N failed"
	$(call say,running the tests)
	@node scripts/run-tests.ts

.PHONY: demo-quota
demo-quota: build envoy fortio ## Run a guest and a subscriber load against the sample quota; prints a table, draws a picture (DEMO_FLAGS=--help)
	@node scripts/demo-quota/main.ts $(DEMO_FLAGS)

##@ Building
.PHONY: build
build: $(NODE) node_modules/.package-lock.json $(MODULES) dist/index.js ## Build what bin/sluice needs: the modules and the host package

modules/sluice.wasm: assembly/sluice.ts
modules/%.wasm: $(ASSEMBLY) asconfig.json node_modules/.package-lock.json | $(NODE)
	$(call say,compiling $@)
	@mkdir -p modules
	@asc $(filter assembly/sluice.ts assembly/filters/%/index.ts,$(if $(filter modules/sluice.wasm,$@),assembly/sluice.ts,assembly/filters/$*/index.ts)) --config asconfig.json -o $@

dist/index.js: $(HOST) tsconfig.json tsconfig.build.json node_modules/.package-lock.json | $(NODE)
	$(call say,compiling the host package)
	@rm -rf dist
	@tsc -p tsconfig.build.json
	@touch $@

.PHONY: package
package: build ## Make the installable npm package, sluice-<version>.tgz
	@$(NPM) pack --silent

.PHONY: images
images: build ## Write the modules as OCI artifacts, images, ConfigMaps and files into build/images (IMAGES=…)
	@bin/sluice package --output $(IMAGES) --force

.PHONY: reproducible
reproducible: node_modules/.package-lock.json | $(NODE) ## Build the commit twice from fresh clones, and compare byte for byte
	@node scripts/reproducible.ts

##@ Checking
.PHONY: lint
lint: node_modules/.package-lock.json | $(NODE) ## Check types, style and format
	$(call say,checking types and style)
	@tsc -p tsconfig.json
	@biome check --error-on-warnings

.PHONY: format
format: node_modules/.package-lock.json | $(NODE) ## Format and mend what can be mended
	@biome check --write

.PHONY: test-registry
test-registry: build $(TOOLS)/bin/crane ## Push what `sluice package` writes to a real registry, and pull it back
	@vitest run --config vitest.heavy.config.ts test/heavy/registry

.PHONY: e2e-container
e2e-container: build envoy ## Run Envoy in containers, on a Podman set up for it (Debian, root) or on DOCKER_HOST
	@node scripts/e2e-container/main.ts

.PHONY: bench
bench: build envoy fortio rust-peer ## Measure added CPU per request beside the peers; writes bench/results (BENCH_FLAGS="--rounds 5")
	@node bench/load/added-cpu.ts $(BENCH_FLAGS)

.PHONY: bench-micro
bench-micro: build ## Measure the module alone under Node, for comparing two versions of the request path
	@node bench/micro/request-path.ts

.PHONY: figures
figures: build envoy fortio ## Measure the load figures of the README; writes bench/results/figures.md
	@node bench/load/figures.ts

.PHONY: rust-peer
rust-peer: ## Build the Rust peer of the bench where its toolchain is present (RUST_PEER_FLAGS=--install to install it)
	@bench/rust-peer/build.sh $(RUST_PEER_FLAGS) || printf '» the Rust peer is left out: %s\n' "its toolchain is not here" >&2

##@ On the real thing
export ISTIO_BED := $(TOOLS)/istio-bed

.PHONY: istio
istio: build envoy istio-bed ## Run the suites behind a real API server, istiod and gateway (ISTIO_TESTS=test/heavy/istio/behaviour.test.ts)
	$(call say,running the Istio suites)
	@vitest run --config vitest.heavy.config.ts $(ISTIO_TESTS)

.PHONY: istio-bed
istio-bed: $(NODE) ## Build what they run on: API server, istiod, istioctl, Envoy Gateway (15 minutes, once)
	@node scripts/istio-bed/main.ts $(ISTIO_BED)

##@ Setting up
$(NODE):
	@mkdir -p $(TOOLS)/node/bin $(TOOLS)/packages
	@if node -e 'const [a, b] = process.versions.node.split(".").map(Number); const [c, d] = "$(NODE_LEAST)".split(".").map(Number); process.exit(a > c || (a === c && b >= d) ? 0 : 1)' 2>/dev/null; then \
	  ln -sf "$$(node -p process.execPath)" $@; \
	else \
	  printf '\033[1m» getting Node ($(NODE_PACKAGE)): the one on this machine is older than $(NODE_LEAST)\033[0m\n' >&2; \
	  $(NPM) install --silent --no-save --no-package-lock --prefix $(TOOLS)/packages $(NODE_PACKAGE); \
	  ln -sf $(TOOLS)/packages/node_modules/$(firstword $(subst @, ,$(NODE_PACKAGE)))/bin/node $@; \
	fi

node_modules/.package-lock.json: package.json package-lock.json | $(NODE)
	$(call say,installing packages)
	@$(NPM) ci --no-fund --no-audit --loglevel=error
	@touch $@

.PHONY: envoy
envoy: build ## Find Envoy, or fetch the pinned one
	@node scripts/provide-envoy.ts

.PHONY: fortio
fortio: $(TOOLS)/bin/fortio ## Build the pinned fortio
$(TOOLS)/bin/fortio:
	$(call say,building fortio $(FORTIO_VERSION) (about a minute))
	@mkdir -p $(TOOLS)/bin
	@GOBIN=$(TOOLS)/bin GOFLAGS=-buildvcs=false go install fortio.org/fortio@$(FORTIO_VERSION)

# The library by which Istio's agent and Envoy Gateway pull: its command, and its registry.
$(TOOLS)/bin/crane:
	$(call say,building crane $(CRANE_VERSION) and a registry (about a minute))
	@mkdir -p $(TOOLS)/bin
	@for tool in registry crane; do \
	  GOBIN=$(TOOLS)/bin GOFLAGS=-buildvcs=false go install github.com/google/go-containerregistry/cmd/$$tool@$(CRANE_VERSION); \
	done

.PHONY: clean
clean: ## Remove what was built; keeps the tools
	@rm -rf build dist modules

.PHONY: clean-all
clean-all: clean ## Remove tools and packages too
	@rm -rf .tools node_modules

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
