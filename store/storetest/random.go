package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// The environment variables of the random test: the seed of a run that is to be repeated, and how many seeds to try
// where there is none.
const (
	seedVariable = "STORETEST_SEED"
	runsVariable = "STORETEST_RUNS"
)

const (
	defaultRuns = 20
	callsPerRun = 250
)

// runRandom makes random calls, and compares each answer with the model's. Now and then it compares everything, and where the
// store can be reopened, does that.
func runRandom(t *testing.T, open OpenDurable) {
	if seed, err := strconv.ParseUint(os.Getenv(seedVariable), 10, 64); err == nil {
		runSeed(t, open, seed)
		return
	}
	runs := defaultRuns
	if n, err := strconv.Atoi(os.Getenv(runsVariable)); err == nil {
		runs = n
	}
	if testing.Short() {
		runs = 2
	}
	for range runs {
		seed := rand.Uint64() //nolint:gosec // a test's seed
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { runSeed(t, open, seed) })
	}
}

func runSeed(t *testing.T, open OpenDurable, seed uint64) {
	s, reopen := open(t)
	p := &player{
		fixture: newFixture(t, s), model: newModel(), rnd: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // as above
	}
	defer func() {
		if !t.Failed() {
			return
		}
		t.Logf("repeat with %s=%d; the last calls were:", seedVariable, seed)
		for _, call := range p.calls[max(0, len(p.calls)-15):] {
			t.Log(call)
		}
	}()
	moves := []struct {
		weight int
		move   func()
	}{
		{3, p.createScript}, {4, p.updateScript}, {1, p.deleteScript}, {12, p.createExecutions}, {10, p.claim},
		{9, p.finish}, {2, p.finishAtOnce}, {3, p.cancelPending}, {2, p.resolve}, {3, p.lease}, {2, p.expired},
		{2, p.prune}, {1, p.pruneKeys}, {4, p.recordTicks}, {1, p.pruneTicks}, {3, p.list},
	}
	var deck []func()
	for _, m := range moves {
		deck = append(deck, slices.Repeat([]func(){m.move}, m.weight)...)
	}
	for range callsPerRun {
		p.now += p.rnd.IntN(3)
		deck[p.rnd.IntN(len(deck))]()
		if p.rnd.IntN(25) == 0 {
			if reopen != nil {
				p.reopen(reopen)
			}
			p.compareAll()
		}
	}
	p.compareAll()
}

// player makes each call on the store and on the model.
type player struct {
	*fixture
	model *model
	rnd   *rand.Rand
	now   int // seconds after the epoch
	ids   int // executions and scripts made so far
	calls []string
}

// reopen goes on with the store that has what this one has stored. Leases may be over then.
func (p *player) reopen(reopen func() jsruntime.Store) {
	p.note("reopen")
	p.store = reopen()
	for _, node := range nodes {
		delete(p.model.leases, node)
		require.NoError(p, p.store.ReleaseLease(p.ctx, node))
	}
}

func (p *player) note(format string, args ...any) {
	p.calls = append(p.calls, fmt.Sprintf("%d: ", len(p.calls))+fmt.Sprintf(format, args...))
}

// agree demands errors of the same kind.
func (p *player) agree(want, got error) {
	p.Helper()
	for _, kind := range []error{
		jsruntime.ErrNotFound, jsruntime.ErrConflict, jsruntime.ErrDuplicate, jsruntime.ErrOverloaded, jsruntime.ErrInvalid,
	} {
		require.Equal(p, errors.Is(want, kind), errors.Is(got, kind), "want %v, got %v", want, got)
	}
	require.Equal(p, want == nil, got == nil, "want %v, got %v", want, got)
	var wantDuplicate, gotDuplicate *jsruntime.DuplicateError
	if errors.As(want, &wantDuplicate) {
		require.ErrorAs(p, got, &gotDuplicate)
		require.Equal(p, wantDuplicate.Field, gotDuplicate.Field)
		if wantDuplicate.Field != "httpPath" { // several routes may overlap with one
			require.Equal(p, wantDuplicate.ID, gotDuplicate.ID)
		}
	}
}

func pick[T any](p *player, of ...T) T { return of[p.rnd.IntN(len(of))] }

func (p *player) tenant() uuid.UUID { return pick(p, tenantA, tenantA, tenantB, tenantC) }

var nodes = []string{"n1", "n2", "n3"}

func (p *player) node() string { return pick(p, nodes...) }

func (p *player) time() time.Time { return at(p.now - p.rnd.IntN(20)) }

// knownScript returns the tenant and id of some script that is or was, or of none.
func (p *player) knownScript() change {
	if len(p.model.changes) == 0 || p.rnd.IntN(20) == 0 {
		return change{p.tenant(), id(1 << 40)}
	}
	return pick(p, p.model.changes...)
}

// knownRun returns an execution that matches, if there is one.
func (p *player) knownRun(match func(jsruntime.ExecutionRecord) bool) (jsruntime.ExecutionRecord, bool) {
	var found []jsruntime.ExecutionRecord
	for _, r := range p.model.runs {
		if match(r) {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return jsruntime.ExecutionRecord{}, false
	}
	return pick(p, found...).Clone(), true
}

// newRun returns a pending execution of some script, with few different values, so that they meet.
func (p *player) newRun(of change) jsruntime.ExecutionRecord {
	p.ids++
	created := p.time()
	r := jsruntime.ExecutionRecord{
		ID: id(p.rnd.IntN(1<<20)<<20 + p.ids), TenantID: of.tenant, ScriptID: of.script,
		Status: jsruntime.ExecutionPending, TriggerType: pick(p, jsruntime.TriggerCron, jsruntime.TriggerEvent),
		CreatedAt: created, RunAt: created, Attempt: 1,
		OrderKey: pick(p, "", "", "x", "y"), ConcurrencyCap: pick(p, 0, 0, 0, 1, 2),
		Weight: pick(p, 0, 0, 1, 2, 3), Fingerprint: pick(p, "", "f"),
	}
	if p.rnd.IntN(3) == 0 {
		r.RunAt = created.Add(time.Duration(p.rnd.IntN(40)-10) * time.Second)
	}
	if p.rnd.IntN(5) == 0 {
		r.Attached, r.Lease.Node = true, p.node()
	}
	return r
}

func (p *player) dedupeKey() string { return pick(p, "", "", "", "k1", "k2", "k3", "k4") }

func (p *player) sortedRuns(match func(jsruntime.ExecutionRecord) bool) []jsruntime.ExecutionRecord {
	found := []jsruntime.ExecutionRecord{}
	for _, r := range p.model.runs {
		if match(r) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b jsruntime.ExecutionRecord) int { return byCreation(b, a) })
	return found
}
