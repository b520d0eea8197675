package vm

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func sourceOf(n int) jsruntime.Source { return jsruntime.Source{Text: fmt.Sprintf("return %d", n)} }

func (e *Executor) compileNow(t *testing.T, source jsruntime.Source) *program {
	t.Helper()
	p, unfinished, err := e.compile(context.Background(), source, nil)
	require.NoError(t, err)
	require.Nil(t, unfinished)
	return p
}

func TestTheCache(t *testing.T) {
	weight := New().compileNow(t, sourceOf(1)).weight
	t.Run("keeps programs", func(t *testing.T) {
		e := New()
		first := e.compileNow(t, sourceOf(1))
		require.Same(t, first, e.compileNow(t, sourceOf(1)))
	})
	t.Run("takes no language for JavaScript", func(t *testing.T) {
		e := New()
		named := sourceOf(1)
		named.Language = jsruntime.LanguageJavaScript
		require.Same(t, e.compileNow(t, sourceOf(1)), e.compileNow(t, named))
	})
	t.Run("drops the least recently used", func(t *testing.T) {
		e := New(WithProgramCacheBytes(2 * weight))
		first, second := e.compileNow(t, sourceOf(1)), e.compileNow(t, sourceOf(2))
		require.Same(t, first, e.compileNow(t, sourceOf(1)))
		e.compileNow(t, sourceOf(3))
		require.Same(t, first, e.compileNow(t, sourceOf(1)))
		require.NotSame(t, second, e.compileNow(t, sourceOf(2)))
		require.LessOrEqual(t, e.cache.weight, 2*weight)
		require.Len(t, e.cache.entries, 2)
	})
	t.Run("can be turned off", func(t *testing.T) {
		e := New(WithProgramCacheBytes(0))
		first := e.compileNow(t, sourceOf(1))
		require.NotSame(t, first, e.compileNow(t, sourceOf(1)))
		require.Zero(t, e.cache.weight)
	})
	t.Run("keeps no source that does not compile", func(t *testing.T) {
		e := New()
		require.Error(t, e.Check(t.Context(), jsruntime.Source{Text: "}"}))
		require.Empty(t, e.cache.entries)
		require.Empty(t, e.cache.flights)
	})
	t.Run("makes concurrent compiles one", func(t *testing.T) {
		c := newCache(1 << 20)
		k := keyOf(sourceOf(1))
		first, _ := c.join(k)
		second, _ := c.join(k)
		require.True(t, first.claim)
		require.False(t, second.claim)
		require.Same(t, first.compilation, second.compilation)
		c.run(k, first.compilation, sourceOf(1))
		<-second.done
		_, cached := c.join(k)
		require.Same(t, second.program, cached)
	})
	t.Run("serves many at once", func(t *testing.T) {
		e := New(WithProgramCacheBytes(3 * weight))
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() { _ = e.Check(context.Background(), sourceOf(i%7)) })
		}
		wg.Wait()
		require.LessOrEqual(t, e.cache.weight, 3*weight)
	})
}

func TestACompileThatTakesTooLongIsLeftBehind(t *testing.T) {
	e := New()
	k := keyOf(sourceOf(1))
	flight, _ := e.cache.join(k) // that nobody runs yet
	late := make(chan time.Time, 1)
	late <- time.Now()
	_, unfinished, err := e.compile(context.Background(), sourceOf(1), late)
	require.ErrorIs(t, err, errCompileTime)
	require.NotNil(t, unfinished)

	result := e.Run(context.Background(), jsruntime.Job{
		Source: sourceOf(1), Limits: jsruntime.ResourceLimits{MaxExecutionTime: 10 * time.Millisecond},
	})
	require.ErrorIs(t, result.Err, jsruntime.ErrTimeout)
	require.NotNil(t, result.Abandoned)

	e.cache.run(k, flight.compilation, sourceOf(1))
	<-result.Abandoned
	require.NoError(t, e.Check(context.Background(), sourceOf(1)))
}
