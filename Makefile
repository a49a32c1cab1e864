# Kaimon: Amazon ECS on Fargate, on your own machines.
# make help lists the targets.

SHELL := /bin/bash
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
SUDO := $(shell [ $$(id -u) = 0 ] || echo sudo)

.PHONY: help build demo test lint bench generate

help: ## Say what the targets are
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## Build bin/kaimon, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/kaimon ./cmd/kaimon

demo: ## Install what is missing, build, start the server, deploy a sample service, roll it and roll it back
	@scripts/install-packages run
	@echo "● Build bin/kaimon"
	@$(MAKE) --no-print-directory build
	$(SUDO) bin/kaimon demo

test: ## Run every test (as root also those with containers and networks)
	@scripts/install-packages run test
	@echo "● Make the test images (nginx, redis and busybox from Debian packages), fetch Docker's engine"
	@$(GO) run ./test/images/testimages >/dev/null
	$(GO) test -timeout 15m $$($(GO) list ./... | grep -v /test/e2e)
	$(GO) test -timeout 20m ./test/e2e

lint: ## Check formatting, vet, staticcheck, and that generated code is fresh
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) run ./tools/genwire -check

bench: build ## Measure starts, memory, networks and throughput, beside peers where they are installed
	@scripts/install-packages run bench
	$(SUDO) $(GO) run ./test/bench -kaimon bin/kaimon

generate: ## Generate the wire code from the trimmed models in aws/wire/models
	$(GO) run ./tools/genwire
