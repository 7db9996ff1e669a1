# What a person types. Every target installs what it needs first (scripts/setup), into caches outside
# the tree; CARGO_TARGET_DIR and LIVETAPE_CACHE move them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:

RUN := . scripts/env.sh;

.PHONY: help setup demo test chaos fuzz bench lint
help:
	echo 'make demo    record 20 s of an encrypted room and show what came of it'
	echo 'make test    all tests, with real servers and publishers'
	echo 'make chaos   long runs: kills, cuts and losses'
	echo 'make fuzz    ten million hostile inputs a target'
	echo 'make bench   what a recording costs, beside a bare GStreamer pipeline; what receiving costs'
	echo 'make lint    format and clippy'

setup:
	scripts/setup

demo: setup
	$(RUN) cargo build --release --locked --bin livetape
	cargo run --release --locked -q -p livetape-rig --bin demo -- "$$CARGO_TARGET_DIR/release/livetape"

test: setup
	$(RUN) cargo test --release --locked --workspace

chaos: setup
	$(RUN) cargo test --release --locked --test e2e -- --ignored --nocapture --test-threads=1 chaos

fuzz: setup
	$(RUN) export LIVETAPE_FUZZ_CASES=$${LIVETAPE_FUZZ_CASES:-10000000}
	cargo test --release --locked -p livetape-rtc --test pure -- hostile:: --nocapture --test-threads=1

bench: setup
	$(RUN) cargo build --release --locked --bin livetape
	cargo build --release --locked -p libwebrtc --example receive
	built="$$CARGO_TARGET_DIR/release"
	cargo run --release --locked -q -p livetape-rig --bin bench -- --livetape "$$built/livetape" --receive "$$built/examples/receive"

lint: setup
	$(RUN) cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings
