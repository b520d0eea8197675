//go:build !race

// The race detector changes what memory is taken.

package vm_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheMemoryOfARunIsMeasured(t *testing.T) {
	for name, build := range heldData {
		t.Run(name, func(t *testing.T) {
			runtime.GC() // what others left would hide what this one takes
			measured := run(build+"; await hold(); return a === undefined", withMemory(1<<30), withHost(functions{"hold": nothing}))
			require.NoError(t, measured.Err)
			require.Greater(t, measured.Metrics.MemoryUsedBytes, int64(8<<20), "%+v", measured.Metrics)
			require.False(t, measured.Metrics.MemoryEstimated)
			require.InEpsilon(t, trueGrowth(t, build), measured.Metrics.MemoryUsedBytes, 0.25)
		})
	}
}

// trueGrowth returns by how much the heap is larger while a script holds what it built.
func trueGrowth(t *testing.T, build string) int64 {
	t.Helper()
	runtime.GC()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	host := functions{"hold": func(context.Context, []any) (any, error) {
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		return nil, nil
	}}
	result := run(build+"; await hold(); return a === undefined", withMemory(1<<30), withHost(host))
	require.NoError(t, result.Err)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// A script without loops has not come to a checkpoint when it is measured for the first time.
func TestWhatTheApplicationHoldsIsNotHeldAgainstAScript(t *testing.T) {
	application := make([]byte, 300<<20)
	runtime.GC()
	for _, source := range []string{`return "x".repeat(2 << 20).length`, `return ["x".repeat(2 << 20)].map(s => s.length)[0]`} {
		result := run(source)
		require.NoError(t, result.Err)
		require.JSONEq(t, "2097152", string(result.Output))
	}
	runtime.KeepAlive(application)
}
