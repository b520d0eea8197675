package vm

import (
	"math"
	"testing"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"
)

func BenchmarkMeasure(b *testing.B) {
	for _, h := range []struct{ name, text string }{
		{"floats", `for (var i = 0; i < 1000000; i++) keep.push(i + 0.5)`},
		{"records", `for (var i = 0; i < 50000; i++) keep.push({ id: i, name: 'n' + i, tags: ['a', 'b'] })`},
		{"Map", `var m = new Map(); for (var i = 0; i < 300000; i++) m.set('k' + i, i); keep.push(m)`},
		{"texts", `for (var i = 0; i < 500000; i++) keep.push('text number ' + i)`},
		{"closures", `function f(a) { return () => a } for (var i = 0; i < 50000; i++) keep.push(f(i + 1000))`},
		{"promises", `var p = new Promise(function () {}); async function f(a) { await p; return a }
			for (var i = 0; i < 10000; i++) keep.push(f(i))`},
		{"fresh realm", ``},
	} {
		b.Run(h.name, func(b *testing.B) {
			rt := goja.New()
			require.NoError(b, rt.Set("keep", rt.NewArray()))
			_, err := rt.RunString(h.text)
			require.NoError(b, err)
			m := newMeter()
			bytes, _ := m.measure(rt, math.MaxInt64, nil)
			for b.Loop() {
				m.measure(rt, math.MaxInt64, nil)
			}
			perOp := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			b.ReportMetric(perOp/float64(m.objects), "ns/object")
			b.ReportMetric(perOp/1e6/(float64(bytes)/(1<<20)), "ms/MiB")
			b.ReportMetric(float64(bytes)/(1<<20), "MiB")
			b.ReportMetric(100*float64(m.own())/float64(bytes), "own%")
		})
	}
}
