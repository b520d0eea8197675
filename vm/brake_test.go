//go:build !race

// The brake changes what the engine reads, which the race detector cannot know to be meant.

package vm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

// The engine would print 200 GB.
const unprintable = `const o = {toString: 1, valueOf: 1}; for (let i = 0; i < 200000; i++) o["k" + i] = s;`

func TestAnObjectThatCannotBeConvertedIsNotPrintedWhole(t *testing.T) {
	for _, s := range []string{
		`const s = "x".repeat(1e6);` + unprintable + `o + ""`,
		`const s = "\u20ac".repeat(1e6);` + unprintable + `isNaN(o)`,
		`const s = "x".repeat(1e6);` + unprintable + `[o, o].sort()`,
		`const s = "x".repeat(1e6);` + unprintable + `o.toString = () => o; await Promise.resolve(o).then(String)`,
		`const a = Array(1e6).fill("x".repeat(1e6)); Object.setPrototypeOf(a, null); a + ""`,
		`const a = [], s = "x".repeat(1e6); a[4e9] = s; for (let i = 0; i < 1e5; i++) a[i * 9000] = s; a.__proto__ = null; a + ""`,
		`const s = "a".repeat(20 << 20), o = {toString: null, valueOf: null}; for (let i = 0; i < 100; i++) o[s.substring(i)] = 1; return "" + o`,
		`const s = "a".repeat(20 << 20), o = {toString: null, valueOf: null}; for (let i = 0; i < 100; i++) o[{toString: () => s.substring(i)}] = 1; return "" + o`,
		`const s = "a".repeat(20 << 20), o = {toString: null, valueOf: null}; for (let i = 0; i < 100; i++) [o[{toString: () => s.substring(i)}]] = [1]; return "" + o`,
		`const s = "a".repeat(20 << 20); return "" + Object.setPrototypeOf(Object.fromEntries(Array.from({length: 100}, (_, i) => [s.substring(i), 1])), null)`,
		`const s = "a".repeat(5 << 20); const A = class { ` + strings.Repeat("[s] = 0;", 2000) + `}; for (const k of ["toString", "valueOf"]) Object.defineProperty(A, k, {value: null}); return A * 1`,
		`const s = "a".repeat(5 << 20), f = () => {}; function* g() { f(` + strings.Repeat("s,", 2000) + `yield 1) } const o = g(); o.next(); o.toString = o.valueOf = null; return o * 1`,
	} {
		result := run(s, withTime(30*time.Second))
		require.ErrorIs(t, result.Err, jsruntime.ErrMemoryLimit, s)
		require.Nil(t, result.Abandoned, s)
		require.Less(t, result.Metrics.Duration, 10*time.Second, s)
	}
}

// The literals of a cached program are those that a run was stopped with.
func TestAProgramIsWholeAfterARunThatPrintedItsLiterals(t *testing.T) {
	executor := vm.New()
	source := fmt.Sprintf(`const s = %q; if (input === 1) return s.length; %s o + ""`, strings.Repeat("x", 200_000), unprintable)
	for range 2 {
		result := executor.Run(context.Background(), jobOf(source, withInput("1")))
		require.NoError(t, result.Err)
		require.Equal(t, "200000", string(result.Output))
		result = executor.Run(context.Background(), jobOf(source, withInput("2"), withTime(30*time.Second)))
		require.ErrorIs(t, result.Err, jsruntime.ErrMemoryLimit)
	}
}
