package vm

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func TestARealmCloseUnderItsLimitIsNotMeasuredForEveryByte(t *testing.T) {
	u := usage{limit: 16 << 20}
	u.measured.Store(u.limit - 1)
	require.False(t, u.due(heapBytes{objects: 1 << 20, taken: 1 << 20}))
	require.True(t, u.due(heapBytes{objects: 1<<20 + 1, taken: 1<<20 + 1}))
}

func TestWhatTheWatchdogAsksDuringAMeasurementIsAnsweredByIt(t *testing.T) {
	job := jsruntime.Job{Limits: jsruntime.DefaultResourceLimits()}
	r := newRealm(context.Background(), New(), &job, &program{}, time.Now().Add(time.Hour))
	r.memory.begin(job.Limits.MaxMemoryBytes)
	r.memory.asked.Store(1)
	r.guard.attention.Store(true)
	r.measure()
	require.Zero(t, r.memory.asked.Load())
	require.False(t, r.guard.attention.Load())
	require.NotZero(t, r.memory.measured.Load())
}

// A measurement is work of the realm, also one that was asked for and is made where the script waits.
func TestAWaitBeginsAfterItsMeasurement(t *testing.T) {
	job := jsruntime.Job{Limits: jsruntime.DefaultResourceLimits()}
	r := newRealm(context.Background(), New(), &job, &program{}, time.Now().Add(time.Hour))
	r.memory.begin(job.Limits.MaxMemoryBytes)
	list, err := r.rt.RunString("Array.from({ length: 1000 }, () => ({}))")
	require.NoError(t, err)
	r.returned = list
	require.Eventually(t, func() bool { // at once, unless somebody else has the processor between two readings of the clock
		r.memory.waited = time.Now()
		r.guard.attention.Store(true)
		before := time.Now()
		waits := r.measureAtWait()
		return time.Since(waits) < waits.Sub(before)
	}, time.Second, time.Millisecond)
}
