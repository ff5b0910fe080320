# GridPass: what one does with it. `make help` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Size of the demo's district: 1 is Pingshan with 550,000 pass holders.
export SCALE ?= 0.1

.PHONY: help setup build demo test test-durability bench screens lint generate clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what this machine lacks (Debian packages, web packages)
	@scripts/setup

build: setup ## Build the server, the synthetic district and the web apps
	npm --prefix web run --silent build
	cargo build --locked --release --package gridpass --package gridpass-sim

demo: ## Run a synthetic district with live traffic (SCALE=1 is the whole district)
	@scripts/demo

test: ## Run everything that must hold before a change lands
	@scripts/test

test-durability: ## Kill the server and PostgreSQL under load, ten times each
	GRIDPASS_KILL_ROUNDS=20 cargo test --locked --package gridpass --test it durability -- --nocapture

bench: setup ## Measure, and write bench/results.json and docs/performance.md
	@scripts/bench

screens: setup ## Take pictures of every screen into docs/screens
	@scripts/screens

lint: ## Format, house rules, clippy, web lint
	cargo fmt --all --check
	cargo xtask tidy
	cargo clippy --workspace --all-targets --locked -- -D warnings
	npm --prefix web run --silent lint

generate: ## Write the generated files (API description, types, tables of roles, errors, retention)
	cargo xtask generate

clean: ## Remove what was built, and the demo's data
	cargo clean
	rm -rf .run web/apps/*/dist
