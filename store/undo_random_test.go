package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var errBoom = errors.New("boom")

// failing makes calls fail when they have done all that they do.
type failing struct {
	backend
	fail bool
}

func (f *failing) update(done <-chan struct{}, fn func(*tx) error) error {
	return f.backend.update(done, func(t *tx) error {
		if err := fn(t); err != nil {
			return err
		}
		if f.fail {
			return errBoom
		}
		return nil
	})
}

func dumpOf(t *testing.T, b backend) string {
	var out bytes.Buffer
	require.NoError(t, b.view(func(t *tx) error {
		for b := bucket(1); b < bucketCount; b++ {
			for k, v := range t.ascend(b, nil, nil) {
				fmt.Fprintf(&out, "%d %x %x\n", b, k, v)
			}
		}
		return nil
	}))
	return out.String()
}

// randomCalls are random calls; each is a function, so that it can be called on several stores.
type randomCalls struct {
	r       *rand.Rand
	tenants []uuid.UUID
	scripts []uuid.UUID
	n       int
}

func (a *randomCalls) id() (u uuid.UUID) {
	for i := range u {
		u[i] = byte(a.r.Intn(256))
	}
	return u
}

func (a *randomCalls) record() jsruntime.ExecutionRecord {
	a.n++
	base := time.Date(2026, 3, 1, 12, 0, a.r.Intn(60), 0, time.UTC)
	tn := a.r.Intn(len(a.tenants))
	r := jsruntime.ExecutionRecord{
		ID: a.id(), TenantID: a.tenants[tn], ScriptID: a.scripts[tn*3+a.r.Intn(3)],
		Status: jsruntime.ExecutionPending, TriggerType: jsruntime.TriggerManual, Attempt: 1, CreatedAt: base, RunAt: base,
		Weight: a.r.Intn(4),
	}
	if a.r.Intn(4) == 0 {
		r.RunAt = base.Add(time.Duration(a.r.Intn(40)) * time.Second)
	}
	if a.r.Intn(4) == 0 {
		r.OrderKey = fmt.Sprint("o", a.r.Intn(2))
	}
	if a.r.Intn(4) == 0 {
		r.ConcurrencyCap = 1 + a.r.Intn(2)
	}
	if a.r.Intn(4) == 0 {
		r.DedupeKey = fmt.Sprint("k", a.r.Intn(10))
	}
	if a.r.Intn(4) == 0 {
		r.Attached, r.Lease.Node = true, fmt.Sprint("node", a.r.Intn(2))
	}
	if a.r.Intn(4) == 0 {
		r.TriggerData.Payload = map[string]any{"a": 1.5}
	}
	return r
}

func (a *randomCalls) now() time.Time {
	return time.Date(2026, 3, 1, 12, 0, a.r.Intn(100), 0, time.UTC)
}

func (a *randomCalls) op(t *testing.T, model jsruntime.Store) func(jsruntime.Store) error {
	ctx := t.Context()
	tn := a.tenants[a.r.Intn(len(a.tenants))]
	page, err := model.Executions(ctx, tn, jsruntime.ExecutionFilter{PageRequest: jsruntime.PageRequest{Limit: 1000}})
	require.NoError(t, err)
	pick := func(ok func(jsruntime.ExecutionRecord) bool) *jsruntime.ExecutionRecord {
		a.r.Shuffle(len(page.Items), func(i, j int) { page.Items[i], page.Items[j] = page.Items[j], page.Items[i] })
		for _, r := range page.Items {
			if ok(r) {
				return &r
			}
		}
		return nil
	}
	claim := jsruntime.Claim{Node: fmt.Sprint("node", a.r.Intn(2)), Call: int64(a.n), Now: a.now(), Limit: 1 + a.r.Intn(3)}
	switch a.r.Intn(12) {
	case 0, 1, 2:
		rs := []jsruntime.ExecutionRecord{a.record()}
		if a.r.Intn(5) == 0 {
			second := a.record()
			second.TenantID, second.ScriptID = rs[0].TenantID, rs[0].ScriptID
			rs = append(rs, second)
		}
		c := jsruntime.Creation{Executions: rs, MaxPending: a.r.Intn(2) * 8}
		if a.r.Intn(2) == 0 {
			c.Claim = claim
		}
		return func(s jsruntime.Store) error { _, err := s.CreateExecutions(ctx, c); return err }
	case 3, 4:
		return func(s jsruntime.Store) error { _, err := s.ClaimExecutions(ctx, claim); return err }
	case 5, 6, 7:
		r := pick(func(r jsruntime.ExecutionRecord) bool {
			return r.Status == jsruntime.ExecutionRunning || a.r.Intn(3) == 0
		})
		if r == nil {
			return nil
		}
		o := jsruntime.Outcome{Execution: *r, From: r.Status}
		o.Execution.Status, o.Execution.CompletedAt = jsruntime.ExecutionFailed, a.now()
		o.Execution.DeadLetter = a.r.Intn(3) == 0
		o.Logs = []jsruntime.LogEntry{{Message: "x"}}
		if a.r.Intn(2) == 0 {
			o.Reply = []byte(`1`)
		}
		if a.r.Intn(3) == 0 {
			next := a.record()
			next.TenantID, next.ScriptID = r.TenantID, r.ScriptID
			o.Next = &next
		}
		return func(s jsruntime.Store) error { return s.FinishExecution(ctx, o) }
	case 8:
		p := jsruntime.Pruning{Before: a.now().Add(-time.Minute), KeepPerScript: a.r.Intn(3), Limit: a.r.Intn(4)}
		return func(s jsruntime.Store) error { _, err := s.Prune(ctx, p); return err }
	case 9:
		id := a.scripts[a.r.Intn(len(a.scripts))]
		for _, tenant := range a.tenants {
			s, err := model.Script(ctx, tenant, id)
			if err != nil {
				continue
			}
			if a.r.Intn(20) == 0 {
				return func(st jsruntime.Store) error { return st.DeleteScript(ctx, tenant, id, s.Revision) }
			}
			s.Revision++
			s.Limits.MaxConcurrentRuns = 1 + a.r.Intn(3)
			s.Status = []jsruntime.ScriptStatus{jsruntime.ScriptStatusActive, jsruntime.ScriptStatusActive, jsruntime.ScriptStatusPaused}[a.r.Intn(3)]
			s.Tags = [][]string{nil, {"a"}, {"a", "b", "a"}}[a.r.Intn(3)]
			return func(st jsruntime.Store) error { return st.UpdateScript(ctx, jsruntime.ScriptUpdate{Script: s}) }
		}
		return nil
	case 10:
		r := pick(func(r jsruntime.ExecutionRecord) bool { return r.DeadLetter })
		if r == nil {
			return nil
		}
		next := a.record()
		next.TenantID, next.ScriptID = r.TenantID, r.ScriptID
		return func(s jsruntime.Store) error { return s.ResolveDeadLetter(ctx, r.TenantID, r.ID, &next) }
	default:
		before := a.now().Add(-time.Minute)
		return func(s jsruntime.Store) error { _, err := s.PruneKeys(ctx, before, 2); return err }
	}
}

// Each call is made to fail at its end first: then both stores must be as they were, to the byte. Then it is made once more,
// and they must agree.
func TestACallThatFailsLeavesEverythingAsItWas(t *testing.T) {
	seeds := int64(3)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		a := &randomCalls{r: rand.New(rand.NewSource(seed))}
		mem := NewMemory()
		bolt := openBolt(t, storePath(t), func(c *config) { c.noSync = true })
		fm, fb := &failing{backend: mem.backend}, &failing{backend: bolt.backend}
		em, eb := newEngine(fm), newEngine(fb)
		for tn := range 3 {
			a.tenants = append(a.tenants, a.id())
			for range 3 {
				a.scripts = append(a.scripts, a.id())
				s := jsruntime.ScriptRecord{ID: a.scripts[len(a.scripts)-1], TenantID: a.tenants[tn], Name: uuid.NewString(),
					Status: jsruntime.ScriptStatusActive, Type: jsruntime.ScriptTypeOneOff, Revision: 1, VersionNumber: 1}
				s.Limits.MaxConcurrentRuns = 2
				v := jsruntime.VersionRecord{ID: uuid.New(), ScriptID: s.ID, TenantID: s.TenantID, VersionNumber: 1}
				require.NoError(t, em.CreateScript(t.Context(), s, v))
				require.NoError(t, eb.CreateScript(t.Context(), s, v))
			}
		}
		for i := range 600 {
			op := a.op(t, &em)
			if op == nil {
				continue
			}
			was := dumpOf(t, fm)
			fm.fail, fb.fail = true, true
			e1, e2 := op(&em), op(&eb)
			fm.fail, fb.fail = false, false
			require.Equal(t, fmt.Sprint(e1), fmt.Sprint(e2))
			require.Equal(t, was, dumpOf(t, fm), "seed %d op %d: undo", seed, i)
			require.Equal(t, was, dumpOf(t, fb), "seed %d op %d: undo in bolt", seed, i)
			e1, e2 = op(&em), op(&eb)
			require.Equal(t, fmt.Sprint(e1), fmt.Sprint(e2))
			require.Equal(t, dumpOf(t, fm), dumpOf(t, fb), "seed %d op %d", seed, i)
			require.NoError(t, fm.view(func(t *tx) error { return newRecordCheck(toTheEnd, t).all() }), "seed %d op %d", seed, i)
		}
	}
}

func TestWhatIsCreatedAndClaimedInOneCallIsWhatItIsInTwo(t *testing.T) {
	shortcut := 0
	for seed := range int64(5) {
		a := &randomCalls{r: rand.New(rand.NewSource(seed))}
		one, two := NewMemory(), NewMemory()
		for tn := range 3 {
			a.tenants = append(a.tenants, a.id())
			for range 3 {
				a.scripts = append(a.scripts, a.id())
				s := jsruntime.ScriptRecord{ID: a.scripts[len(a.scripts)-1], TenantID: a.tenants[tn], Name: uuid.NewString(), Status: jsruntime.ScriptStatusActive, Type: jsruntime.ScriptTypeOneOff, Revision: 1, VersionNumber: 1}
				s.Limits.MaxConcurrentRuns = 2
				v := jsruntime.VersionRecord{ID: uuid.New(), ScriptID: s.ID, TenantID: s.TenantID, VersionNumber: 1}
				require.NoError(t, one.CreateScript(t.Context(), s, v))
				require.NoError(t, two.CreateScript(t.Context(), s, v))
			}
		}
		for i := range 400 {
			if a.r.Intn(2) == 0 {
				op := a.op(t, one)
				if op == nil {
					continue
				}
				e1, e2 := op(one), op(two)
				require.Equal(t, fmt.Sprint(e1), fmt.Sprint(e2))
			} else {
				r := a.record()
				claim := jsruntime.Claim{Node: fmt.Sprint("node", a.r.Intn(2)), Call: int64(i), Now: a.now(), Limit: 1 + a.r.Intn(3)}
				c := jsruntime.Creation{Executions: []jsruntime.ExecutionRecord{r}, MaxPending: 6}
				c2 := c
				c.Claim = claim
				got, e1 := one.CreateExecutions(t.Context(), c)
				_, e2 := two.CreateExecutions(t.Context(), c2)
				require.Equal(t, fmt.Sprint(e1), fmt.Sprint(e2))
				if e1 == nil {
					want, err := two.ClaimExecutions(t.Context(), claim)
					require.NoError(t, err)
					require.Equal(t, want, got.Claimed, "seed %d op %d", seed, i)
					if len(want) > 0 && want[0].ID == r.ID {
						shortcut++
					}
				}
			}
			require.Equal(t, dumpOf(t, two.backend), dumpOf(t, one.backend), "seed %d op %d", seed, i)
		}
	}
	require.Greater(t, shortcut, 20, "too few were claimed at once to tell")
}
