.PHONY: help check test race fuzz lint bench examples tidy cross chaos crash hostile bench-vm bench-store bench-events bench-scheduler bench-http bench-fetch zones soak-schedule test262 wpt

GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
MODULES  := . examples/custombus examples/database bench
PLATFORMS := darwin/arm64 windows/amd64 freebsd/amd64 linux/arm64

help: ## List the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

check: lint tidy cross test race examples ## All that has to pass before a change lands

test: ## The tests
	go test ./...
	@for m in $(filter-out . bench,$(MODULES)); do (cd $$m && go test ./...) || exit 1; done

race: ## The tests under the race detector, without hostile scripts; the packages that take longest come first
	go test -race -short ./vm ./store ./isolate ./...

# A number of inputs, not a time: go test reports an input that is being tried when the time is up as a failure.
FUZZTIME ?= 20000x
fuzz: ## Each fuzz target for FUZZTIME inputs (default 20000x)
	@for p in $$(go list ./...); do \
		for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
			echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
		done; \
	done

lint: ## gofmt, go vet and golangci-lint
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	go run $(GOLANGCI) run ./...

tidy: ## go mod tidy must change nothing
	@for m in $(MODULES); do (cd $$m && go mod tidy -diff) || exit 1; done

cross: ## Compile and vet for the other platforms, tests included
	@for p in $(PLATFORMS); do echo "== $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} go vet ./... || exit 1; done

CHAOS_RUNS ?= 10000
chaos: ## CHAOS_RUNS executions (default 10000) while a random worker is killed every 50 ms
	ISOLATE_CHAOS_RUNS=$(CHAOS_RUNS) go test -count=1 -v -run TestNoExecutionIsLost -timeout 30m ./isolate

CRASH_KILLS ?= 200
crash: ## The store's process is killed CRASH_KILLS times (default 200) while it accepts executions
	JSRUNTIME_CRASH_KILLS=$(CRASH_KILLS) go test -count=1 -v -run TestNothingThatWasAcknowledged -timeout 30m ./store

hostile: ## Every hostile script, each in a process of its own, and the bounds of sources on every construct
	HOSTILE=all BOUNDS=all go test -count=1 -parallel 1 -v -run "TestHostileScripts|TestTheLargestAcceptedText" -timeout 60m ./vm

test262: ## The language's own suite, with and without guards; TEST262_DIR is a checkout of github.com/tc39/test262
	@test -n "$(TEST262_DIR)" || { echo "usage: make test262 TEST262_DIR=<checkout of github.com/tc39/test262>"; exit 1; }
	TEST262_DIR=$(abspath $(TEST262_DIR)) go test -count=1 -v -run TestTheLanguageSuite -timeout 20m ./vm

wpt: ## The suite of the web platform, as far as a realm has one; WPT_DIR is a checkout of github.com/web-platform-tests/wpt
	@test -n "$(WPT_DIR)" || { echo "usage: make wpt WPT_DIR=<checkout of github.com/web-platform-tests/wpt>"; exit 1; }
	WPT_DIR=$(abspath $(WPT_DIR)) go test -count=1 -v -run TestTheWebPlatformSuite -timeout 20m ./vm

bench: ## The benchmarks
	go test -run '^$$' -bench . -benchmem ./...

bench-vm: ## A table: vm against the plain engine, and a bystander during attacks
	BENCH_VM=1 go test -count=1 -v -run TestTheTableOfRatios -timeout 10m ./vm

BENCH_EXECUTIONS ?= 1000000
bench-store: ## A table: recorded runs against raw bbolt, a file of BENCH_EXECUTIONS (default 1000000), memory over as many runs
	BENCH_STORE=$(BENCH_EXECUTIONS) go test -count=1 -v -run TestTheTableOfTheStore -timeout 60m ./store

BENCH_EVENTS ?= 50000
bench-events: ## A table: BENCH_EVENTS events (default 50000) through 100 scripts, on bbolt and vm: rate and memory
	BENCH_EVENTS=$(BENCH_EVENTS) go test -count=1 -v -run TestTheTableOfEvents -timeout 30m .

bench-scheduler: ## A table: the scheduler at 100,000 entries against robfig/cron and gocron
	cd bench && BENCH_SCHEDULER=1 go test -count=1 -v -run TestTheTableOfSchedulers -timeout 10m .

ZONES ?= all
zones: ## Each minute of ten years in every zone, or in those that begin with ZONES, against an oracle; half an hour
	JSRUNTIME_CRON_ZONES=$(ZONES) go test -count=1 -v -run TestInEveryZone -timeout 60m .

SOAK_SCRIPTS ?= 10000
soak-schedule: ## A year of SOAK_SCRIPTS scheduled scripts (default 10000) on two Runtimes that stop, die and come back; 12 minutes
	JSRUNTIME_SOAK_SCRIPTS=$(SOAK_SCRIPTS) go test -count=1 -v -run TestAYearOfSchedules -timeout 120m .

bench-http: ## A table: an HTTP-triggered script against PocketBase's routerAdd and a bare handler
	cd bench && go run ./http

bench-fetch: ## A table: fetch in scripts against the same requests in Go, in one run and one a run
	BENCH_FETCH=1 go test -count=1 -v -run TestTheTableOfFetch -timeout 10m ./capability/fetch

examples: ## Run every example
	@for d in examples/*/; do echo "== $$d"; (cd $$d && go run .) || exit 1; done
