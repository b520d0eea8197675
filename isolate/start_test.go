package isolate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func TestWorkersThatCannotBeStartedAreAnErrorAndTriedAgain(t *testing.T) {
	obstacle := filepath.Join(t.TempDir(), "obstacle")
	e := open(t, hostileOption("ends while there is "+obstacle), WithLeastWorkers(1), WithMostWorkers(1))
	require.NoError(t, e.Run(t.Context(), jobOf(`return 1`)).Err)
	require.NoError(t, os.WriteFile(obstacle, nil, 0o600))
	eventually(t, "no worker is left, and none that began before the obstacle was there is on its way", func() bool {
		for _, w := range e.Stats().Workers {
			kill(w.PID)
		}
		e.pool.mu.Lock()
		defer e.pool.mu.Unlock()
		return e.pool.failures > 0 && e.pool.starting == 0 && len(e.pool.workers) == 0
	})
	var runs sync.WaitGroup
	for range 4 {
		runs.Go(func() {
			start := time.Now()
			result := e.Run(t.Context(), jobOf(`return 1`))
			if err := result.Err; err == nil || err.Error() != "no worker can be started" || time.Since(start) > 5*time.Second {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	}
	runs.Wait()
	require.Error(t, e.Check(t.Context(), jsruntime.Source{Text: "return 1"}))
	require.NoError(t, os.Remove(obstacle))
	eventually(t, "it works again", func() bool { return e.Run(t.Context(), jobOf(`return 1`)).Err == nil })
}

func TestWorkersAboveTheLeastEndWhenTheyAreIdle(t *testing.T) {
	e := open(t, WithLeastWorkers(2), WithMostWorkers(8))
	var runs sync.WaitGroup
	for range 6 {
		runs.Go(func() { e.Run(t.Context(), jobOf(`await new Promise(r => setTimeout(r, 200)); return 1`)) })
	}
	runs.Wait()
	require.Greater(t, len(e.Stats().Workers), 2)
	p := e.pool
	p.mu.Lock()
	for _, w := range p.idle {
		w.idleSince = time.Now().Add(-idleTimeout)
	}
	p.mu.Unlock()
	p.lookAtIdle()
	eventually(t, "the least are left", func() bool { return len(e.Stats().Workers) == 2 })
	require.NoError(t, e.Run(t.Context(), jobOf(`return 1`)).Err)
}

func TestDatesAreInTheZoneThatTheApplicationChose(t *testing.T) {
	before := time.Local
	defer func() { time.Local = before }()
	for name, zone := range map[string]*time.Location{"a fixed one": time.FixedZone("X", 3*60*60), "UTC": time.UTC} {
		t.Run(name, func(t *testing.T) {
			time.Local = zone
			_, offset := time.Now().Zone()
			result := open(t).Run(t.Context(), jobOf(`return new Date().getTimezoneOffset() * -60`))
			require.NoError(t, result.Err)
			require.Equal(t, float64(offset), number(t, result.Output))
		})
	}
}

func number(t *testing.T, raw json.RawMessage) (n float64) {
	t.Helper()
	require.NoError(t, json.Unmarshal(raw, &n))
	return n
}
