package vm_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

func withMemory(bytes int64) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Limits.MaxMemoryBytes = bytes }
}

func withTenant(id uuid.UUID) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Context.Tenant.ID = id }
}

// kinds of data, each of which takes some 24 MB as it is held in a variable, or n times its unit.
var heldData = map[string]string{
	"integers":      `const a = []; for (let i = 0; i < 15e5; i++) a.push(i)`,
	"numbers":       `const a = new Array(1e6).fill(0).map((_, i) => i + 0.5)`,
	"objects":       `const a = []; for (let i = 0; i < 5e4; i++) a.push({id: i, name: "n" + i, tags: [i]})`,
	"nested arrays": `let a = []; for (let i = 0; i < 6e4; i++) a = [a, i]`,
	"a map":         `const a = new Map(); for (let i = 0; i < 12e4; i++) a.set("k" + i, i)`,
	"a set":         `const a = new Set(); for (let i = 0; i < 2e5; i++) a.add(i)`,
	"long texts":    `const a = []; for (let i = 0; i < 24; i++) a.push("x".repeat(1e6) + i)`,
	"wide texts":    `const a = []; for (let i = 0; i < 12; i++) a.push("\u20ac".repeat(1e6) + i)`,
	"short texts":   `const a = []; for (let i = 0; i < 4e5; i++) a.push("text " + i)`,
	"buffers":       `const a = []; for (let i = 0; i < 24; i++) a.push(new Uint8Array(1e6))`,
	"closures":      `const a = []; for (let i = 0; i < 4e4; i++) { const b = [i]; a.push(() => b) }`,
	"bound":         `const a = []; const f = (...x) => x; for (let i = 0; i < 2e4; i++) a.push(f.bind(null, [i], [i]))`,
	"promises":      `const a = []; for (let i = 0; i < 3e4; i++) a.push(new Promise(() => {}).then(() => i))`,
	"instances":     `class A { #p = [1]; constructor(i) { this.i = i } } const a = []; for (let i = 0; i < 4e4; i++) a.push(new A(i))`,
	"dates":         `const a = []; for (let i = 0; i < 9e4; i++) a.push(new Date(i))`,
	"big integers":  `const a = []; for (let i = 0n; i < 2000n; i++) a.push(2n ** 99000n + i)`,
	"proxies":       `const a = []; for (let i = 0; i < 5e4; i++) a.push(new Proxy({i}, {}))`,
	"errors":        `const a = []; for (let i = 0; i < 3e4; i++) a.push(new Error("e" + i))`,
	"parsed JSON":   `const a = JSON.parse("[" + Array.from({length: 4e4}, (_, i) => '{"id":' + i + ',"tags":[1,2]}').join() + "]")`,
	"many keys":     `const a = {}; for (let i = 0; i < 12e4; i++) a["k" + i] = i`,
	"generators":    `function* g(i) { const b = [i]; yield b } const a = []; for (let i = 0; i < 2e4; i++) { const x = g(i); x.next(); a.push(x) }`,
}

func TestARunOverItsMemoryLimitFails(t *testing.T) {
	for name, build := range heldData {
		t.Run(name, func(t *testing.T) {
			result := run(build+"; return a === undefined", withMemory(6<<20), withTime(time.Minute))
			require.ErrorIs(t, result.Err, jsruntime.ErrMemoryLimit)
		})
	}
}

func TestRunsThatStayWithinTheirMemoryGoOnBesideOneThatDoesNot(t *testing.T) {
	executor := vm.New()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				result := executor.Run(context.Background(), jobOf(`let n = 0; for (let i = 0; i < 300; i++) { const a = new Array(2000).fill(i); n += a.length } return n`))
				if result.Err != nil {
					t.Error(result.Err)
				}
			}
		})
	}
	result := executor.Run(context.Background(), jobOf(`const a = []; for (;;) a.push(new Array(1000).fill(1))`))
	require.ErrorIs(t, result.Err, jsruntime.ErrMemoryLimit)
	wg.Wait()
}

func TestABudgetEndsTheLargestRunAndHoldsNewOnesBack(t *testing.T) {
	executor := vm.New(vm.WithMemoryBudget(40 << 20))
	release := make(chan struct{})
	holding := make(chan struct{}, 2)
	host := functions{"hold": func(ctx context.Context, _ []any) (any, error) {
		holding <- struct{}{}
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil, nil
	}}
	results := make(chan jsruntime.Result, 2)
	start := func(megabytes int) {
		source := fmt.Sprintf(`const a = []; for (let i = 0; i < %d; i++) { a.push(new Uint8Array(1e6)) } await hold(); for (let i = 0; i < 30; i++) a.push(new Uint8Array(1e6)); return a.length`, megabytes)
		go func() { results <- executor.Run(context.Background(), jobOf(source, withHost(host))) }()
		<-holding
	}
	start(30)
	start(28) // together they hold more
	first := <-results
	require.ErrorIs(t, first.Err, jsruntime.ErrMemoryLimit)
	require.ErrorContains(t, first.Err, "budget")
	close(release)
	<-results
	require.Zero(t, executor.Stats().Running)
	require.NoError(t, executor.Run(context.Background(), jobOf(`return 1`)).Err)
}

func TestARunWaitsWhileTheBudgetIsTaken(t *testing.T) {
	executor := vm.New(vm.WithMemoryBudget(24 << 20))
	release, holding := make(chan struct{}), make(chan struct{})
	host := functions{"hold": func(context.Context, []any) (any, error) {
		close(holding)
		<-release
		return nil, nil
	}}
	done := make(chan jsruntime.Result, 1)
	go func() {
		done <- executor.Run(context.Background(), jobOf(`const a = new Uint8Array(21e6); await hold(); return a.length`, withHost(host)))
	}()
	<-holding
	require.Eventually(t, func() bool { return executor.Stats().MemoryBytes >= 18<<20 }, 5*time.Second, time.Millisecond)
	require.ErrorIs(t, executor.Run(context.Background(), jobOf(`return 1`, withTime(50*time.Millisecond))).Err, jsruntime.ErrTimeout)
	close(release)
	require.NoError(t, (<-done).Err)
	require.NoError(t, executor.Run(context.Background(), jobOf(`return 1`)).Err)
}

func TestATenantWhoseRunsCannotBeStoppedIsSuspended(t *testing.T) {
	const limit = 250 * time.Millisecond // within which each run gets to where it cannot be stopped
	executor := vm.New(vm.WithSuspension(2, 100*time.Millisecond))
	// a host function that takes no notice of its ctx keeps nobody busy
	release := make(chan struct{})
	host := functions{"stuck": func(context.Context, []any) (any, error) { <-release; return nil, nil }}
	tenant, other := uuid.New(), uuid.New()
	stuck := executor.Run(context.Background(), jobOf(`await stuck()`, withHost(host), withTime(limit), withTenant(tenant)))
	require.NotNil(t, stuck.Abandoned)
	require.Zero(t, executor.Stats().TotalAbandoned)
	close(release)
	<-stuck.Abandoned

	// console.log waits here, where the run is inside the realm
	logging := make(chan struct{})
	hang := func() jsruntime.Result {
		return executor.Run(context.Background(), jobOf(`console.log(1)`, withTime(limit), withTenant(tenant), func(job *jsruntime.Job) {
			job.Logged = func(jsruntime.LogEntry) { <-logging }
		}))
	}
	first, second := hang(), hang()
	require.NotNil(t, first.Abandoned)
	require.NotNil(t, second.Abandoned)
	require.Equal(t, 2, executor.Stats().Abandoned)
	require.Equal(t, 1, executor.Stats().Suspended)
	require.ErrorIs(t, executor.Run(context.Background(), jobOf(`return 1`, withTenant(tenant))).Err, jsruntime.ErrTenantSuspended)
	require.NoError(t, executor.Run(context.Background(), jobOf(`return 1`, withTenant(other))).Err)
	close(logging)
	<-first.Abandoned
	<-second.Abandoned
	require.Eventually(t, func() bool {
		return executor.Run(context.Background(), jobOf(`return 1`, withTenant(tenant))).Err == nil
	}, 5*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return executor.Stats().Abandoned == 0 }, 5*time.Second, time.Millisecond)
	require.EqualValues(t, 2, executor.Stats().TotalAbandoned)
}

// What backtracks without end is a common accident: it must not look like an attack, save now and then on a busy machine.
func TestRegularExpressionsEndWithTheirTime(t *testing.T) {
	for name, executor := range map[string]*vm.Executor{"all time": vm.New(), "realm time": vm.New(vm.WithMaxRealmTime(50 * time.Millisecond))} {
		t.Run(name, func(t *testing.T) {
			const runs = 9
			for i := range runs {
				limit := time.Duration(50+i*20) * time.Millisecond
				result := executor.Run(context.Background(), jobOf(`return /^(a+)+\1$(?!b)/.test("a".repeat(40) + "c")`, withTime(limit)))
				require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
				if result.Abandoned != nil {
					<-result.Abandoned
				}
			}
			require.LessOrEqual(t, executor.Stats().TotalAbandoned, int64(runs/2))
		})
	}
}

func TestATenantIsNotSuspendedForRunsThatComeBack(t *testing.T) {
	executor := vm.New(vm.WithSuspension(1, time.Hour))
	for {
		logging, tenant := make(chan struct{}), uuid.New()
		result := executor.Run(context.Background(), jobOf(`console.log(1)`, withTime(250*time.Millisecond), withTenant(tenant), func(job *jsruntime.Job) {
			job.Logged = func(jsruntime.LogEntry) { <-logging }
		}))
		answered := time.Now()
		require.NotNil(t, result.Abandoned)
		require.ErrorIs(t, executor.Run(context.Background(), jobOf(`return 1`, withTenant(tenant))).Err, jsruntime.ErrTenantSuspended)
		close(logging)
		<-result.Abandoned
		if time.Since(answered) > 50*time.Millisecond {
			continue // on a busy machine it did not come back soon enough
		}
		require.Eventually(t, func() bool {
			return executor.Run(context.Background(), jobOf(`return 1`, withTenant(tenant))).Err == nil
		}, 5*time.Second, time.Millisecond)
		return
	}
}

func TestRealmTimeIsALimitOfItsOwn(t *testing.T) {
	executor := vm.New(vm.WithMaxRealmTime(50 * time.Millisecond))
	result := executor.Run(context.Background(), jobOf(`for (;;) {}`))
	require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
	require.ErrorContains(t, result.Err, "realm")
	require.GreaterOrEqual(t, result.Metrics.RealmTime, 50*time.Millisecond)
	result = executor.Run(context.Background(), jobOf(`await new Promise(r => setTimeout(r, 200)); return 1`))
	require.NoError(t, result.Err)
	require.Less(t, result.Metrics.RealmTime, 50*time.Millisecond)
	require.GreaterOrEqual(t, result.Metrics.Duration, 200*time.Millisecond)
}
