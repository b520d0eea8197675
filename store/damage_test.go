package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// A damaged file can end a process in ways that nothing recovers from, such as a stack that overflows, so the tests of
// damage run in processes of their own, which may not take longer than some minutes either.
const (
	damageChild  = "JSRUNTIME_DAMAGE"
	damageRounds = "JSRUNTIME_DAMAGE_ROUNDS" // how many files are damaged
)

// inChild reports whether this is the process of the test's own; otherwise it runs it, and fails if that fails.
func inChild(t *testing.T) bool {
	t.Helper()
	if os.Getenv(damageChild) == t.Name() {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), damageChild+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if lines := strings.Split(string(out), "\n"); err != nil && len(lines) > 200 {
		out = []byte(strings.Join(append(lines[:150:150], lines[len(lines)-50:]...), "\n"))
	}
	require.NoError(t, err, string(out))
	t.Log(string(out))
	return false
}

func TestWhateverIsDamagedCallsReturn(t *testing.T) {
	if !inChild(t) {
		return
	}
	random, rounds := randomFrom(t), 15
	if racing {
		rounds = 5
	}
	if n, err := strconv.Atoi(os.Getenv(damageRounds)); err == nil {
		rounds = n
	}
	path := busyStore(t, random, 1200)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	refused, damaged, unharmed := 0, 0, 0
	for range rounds {
		content := bytes.Clone(whole)
		for range 1 + random.IntN(5) {
			damages[random.IntN(len(damages))](random, content)
		}
		require.NoError(t, os.WriteFile(path, content, 0o600))
		switch met, err := useDamaged(t, random, path); {
		case err != nil:
			refused++
		case met:
			damaged++
		default:
			unharmed++
		}
	}
	t.Logf("%d files were refused, %d met as damaged, %d not", refused, damaged, unharmed)
	require.Positive(t, refused+damaged)
}

// damages are ways to damage a file. Those that only flip bits are mostly found by the page's number.
var damages = []func(random *rand.Rand, content []byte){
	func(random *rand.Rand, content []byte) { // a few bits
		page := pageIn(random, content)
		for range 1 + random.IntN(8) {
			page[random.IntN(len(page))] ^= 1 << random.IntN(8)
		}
	},
	func(random *rand.Rand, content []byte) { // numbers in the header or in the elements
		page := pageIn(random, content)
		at := 8 + 4*random.IntN(20)
		native.PutUint32(page[at:], uint32(random.IntN(1<<random.IntN(31)))) //nolint:gosec // any number
	},
	func(random *rand.Rand, content []byte) { // a stretch of zeros
		page := pageIn(random, content)
		clear(page[16+random.IntN(len(page)-16):])
	},
	func(random *rand.Rand, content []byte) { // another leaf in its place, which says that it is this one
		if page, other := pageIn(random, content), pageIn(random, content); pageFrom(other).flags == leafPage {
			copy(page[8:], other[8:])
		}
	},
	keysInAnotherOrder, freePageThatIsNotFree,
	func(random *rand.Rand, content []byte) { // a way to another page, round in circles perhaps
		page := pageFrom(pageIn(random, content))
		if page.flags == branchPage && page.count > 0 {
			at := pageHeader + random.IntN(page.count)*elementSize + 8
			native.PutUint64(page.raw[at:], uint64(random.IntN(len(content)/os.Getpagesize()))) //nolint:gosec // a page
			if random.IntN(3) == 0 {
				native.PutUint64(page.raw[at:], page.id)
			}
		}
	},
}

// keysInAnotherOrder swaps two elements of a page.
func keysInAnotherOrder(random *rand.Rand, content []byte) {
	page := pageFrom(pageIn(random, content))
	if (page.flags == leafPage || page.flags == branchPage) && page.count > 1 {
		a, b := pageHeader+random.IntN(page.count)*elementSize, pageHeader+random.IntN(page.count)*elementSize
		if max(a, b)+elementSize < len(page.raw) {
			swapped := bytes.Clone(page.raw[a : a+elementSize])
			copy(page.raw[a:], page.raw[b:b+elementSize])
			copy(page.raw[b:], swapped)
		}
	}
}

// freePageThatIsNotFree changes the list of free pages.
func freePageThatIsNotFree(random *rand.Rand, content []byte) {
	for from := 0; from < len(content); from += os.Getpagesize() {
		page := pageFrom(content[from : from+os.Getpagesize()])
		if page.flags == freelistPage && page.count > 0 && page.count < 500 && random.IntN(2) == 0 {
			at := pageHeader + 8*random.IntN(page.count)
			native.PutUint64(page.raw[at:], uint64(random.IntN(len(content)/os.Getpagesize()))) //nolint:gosec // a page
		}
	}
}

// pageIn returns a page other than the meta pages, of which one is enough, and of a kind that is chosen first: there are few
// that lead to others.
func pageIn(random *rand.Rand, content []byte) []byte {
	size := os.Getpagesize()
	want := []uint16{branchPage, leafPage, leafPage, freelistPage}[random.IntN(4)]
	for range 10_000 {
		from := size * (2 + random.IntN(len(content)/size-2))
		if page := content[from : from+size]; native.Uint16(page[8:]) == want {
			return page
		}
	}
	return content[2*size : 3*size]
}

// useDamaged calls everything there is. It returns the error of Open, or whether any call met damage.
func useDamaged(t *testing.T, random *rand.Rand, path string) (met bool, err error) {
	t.Helper()
	st, err := Open(path, quickly, WithLockTimeout(5*time.Second))
	if err != nil {
		require.ErrorIs(t, err, jsruntime.ErrFormat)
		return false, err
	}
	calls := everyCall(st)
	var callers sync.WaitGroup
	var mu sync.Mutex
	for range 3 {
		order := random.Perm(len(calls))
		callers.Go(func() {
			for _, i := range order {
				if err := calls[i](t.Context()); errors.Is(err, jsruntime.ErrFormat) {
					mu.Lock()
					met = true
					mu.Unlock()
				}
			}
		})
	}
	callers.Wait()
	_ = st.Close()
	_, err = st.Changes(t.Context(), 0, 1)
	require.Error(t, err)
	return met, nil
}

// everyCall returns calls of all methods of a store that holds the fixture, to both tenants.
func everyCall(st *Bolt) []func(context.Context) error {
	calls := []func(context.Context) error{
		func(ctx context.Context) error { _, err := st.Changes(ctx, 0, 10_000); return err },
		func(ctx context.Context) error { _, err := st.Expired(ctx, fixtureTime(9999), 1000); return err },
		func(ctx context.Context) error { _, err := st.Claimed(ctx, fixtureNodes[0], 1000); return err },
		func(ctx context.Context) error {
			_, err := st.Prune(ctx, jsruntime.Pruning{Before: time.Now(), Limit: 50, KeepPerScript: 1})
			return err
		},
		func(ctx context.Context) error { _, err := st.PruneKeys(ctx, time.Now(), 200); return err },
		func(ctx context.Context) error { _, err := st.PruneTicks(ctx, time.Now(), 2); return err },
		func(ctx context.Context) error { return st.RenewLease(ctx, "node", time.Now()) },
		func(ctx context.Context) error { _, err := st.Backup(ctx, io.Discard); return err },
		st.Compact, st.Check,
	}
	for _, tenant := range fixtureTenants {
		calls = append(calls, readCalls(st, tenant)...)
		calls = append(calls, writeCalls(st, tenant)...)
	}
	return calls
}

func readCalls(st *Bolt, tenant uuid.UUID) []func(context.Context) error {
	script, execution := fixtureID(tenant, 's', 0), fixtureID(tenant, 'e', 0)
	all := jsruntime.PageRequest{Limit: 1000}
	return []func(context.Context) error{
		func(ctx context.Context) error { _, err := st.Script(ctx, tenant, script); return err },
		func(ctx context.Context) error { _, err := st.ScriptByName(ctx, tenant, "script a"); return err },
		func(ctx context.Context) error {
			_, err := st.Scripts(ctx, tenant, jsruntime.ScriptFilter{PageRequest: all})
			return err
		},
		func(ctx context.Context) error { _, err := st.Version(ctx, tenant, script, 1); return err },
		func(ctx context.Context) error { _, err := st.Versions(ctx, tenant, script, all); return err },
		func(ctx context.Context) error { _, err := st.Execution(ctx, tenant, execution); return err },
		func(ctx context.Context) error { _, err := st.DedupeKey(ctx, tenant, "key a"); return err },
		func(ctx context.Context) error {
			_, err := st.Executions(ctx, tenant, jsruntime.ExecutionFilter{PageRequest: all})
			return err
		},
		func(ctx context.Context) error {
			_, err := st.Executions(ctx, tenant, jsruntime.ExecutionFilter{ScriptID: script})
			return err
		},
		func(ctx context.Context) error {
			_, err := st.Executions(ctx, tenant, jsruntime.ExecutionFilter{DeadLetters: true})
			return err
		},
		func(ctx context.Context) error { _, err := st.Logs(ctx, tenant, execution); return err },
		func(ctx context.Context) error { _, err := st.CountExecutions(ctx, tenant, uuid.Nil); return err },
		func(ctx context.Context) error {
			_, err := st.Ticks(ctx, tenant, fixtureID(tenant, 's', 1), all)
			return err
		},
		func(ctx context.Context) error { _, err := st.ScheduleCursor(ctx, tenant, script); return err },
	}
}

func writeCalls(st *Bolt, tenant uuid.UUID) []func(context.Context) error {
	return []func(context.Context) error{
		func(ctx context.Context) error {
			s, v := scriptOf(tenant, 500)
			return st.CreateScript(ctx, s, v)
		},
		func(ctx context.Context) error {
			s, err := st.Script(ctx, tenant, fixtureID(tenant, 's', 2))
			if s.Revision++; err == nil {
				err = st.UpdateScript(ctx, jsruntime.ScriptUpdate{Script: s})
			}
			return err
		},
		func(ctx context.Context) error { return st.DeleteScript(ctx, tenant, fixtureID(tenant, 's', 3), 1) },
		func(ctx context.Context) error {
			runs := slices.Repeat([]jsruntime.ExecutionRecord{newRun(tenant, uuid.New())}, 20)
			for i := range runs {
				runs[i].ID = uuid.New()
			}
			_, err := st.CreateExecutions(ctx, jsruntime.Creation{Executions: runs})
			return err
		},
		func(ctx context.Context) error {
			claimed, err := st.ClaimExecutions(ctx, jsruntime.Claim{Node: "node", Now: time.Now(), Limit: 20})
			for _, r := range claimed {
				r.Status = jsruntime.ExecutionFailed
				err = errors.Join(err, st.FinishExecution(ctx, jsruntime.Outcome{Execution: r, From: jsruntime.ExecutionRunning}))
			}
			return err
		},
		func(ctx context.Context) error {
			return st.ResolveDeadLetter(ctx, tenant, fixtureID(tenant, 'e', 5), nil)
		},
		func(ctx context.Context) error {
			script, now := fixtureID(tenant, 's', 1), time.Now()
			from, err := st.ScheduleCursor(ctx, tenant, script)
			tick := jsruntime.TickRecord{TenantID: tenant, ScriptID: script, Instant: now}
			return errors.Join(err, st.RecordTicks(ctx, jsruntime.Ticks{
				TenantID: tenant, ScriptID: script, From: from, To: now, Due: []jsruntime.Tick{{Record: tick}},
			}))
		},
	}
}
