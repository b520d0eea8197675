package isolate

import (
	"context"
	"testing"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

// BenchmarkRun compares the executors side by side.
func BenchmarkRun(b *testing.B) {
	executors := []struct {
		name     string
		executor jsruntime.Executor
	}{{"vm", vm.New()}, {"isolate", open(b)}}
	trivial := jobOf("return input.n + 1")
	trivial.Input = []byte(`{"n":1}`)
	calling := jobOf("return await f(input.n)", withHost(host(func(_ context.Context, args []any) (any, error) { return args[0], nil })))
	calling.Input = trivial.Input
	for _, c := range []struct {
		name string
		job  jsruntime.Job
	}{{"trivial", trivial}, {"host call", calling}} {
		for _, x := range executors {
			b.Run(c.name+"/"+x.name, func(b *testing.B) {
				for b.Loop() {
					if result := x.executor.Run(b.Context(), c.job); result.Err != nil {
						b.Fatal(result.Err)
					}
				}
			})
			b.Run(c.name+" parallel/"+x.name, func(b *testing.B) {
				b.SetParallelism(4)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if result := x.executor.Run(b.Context(), c.job); result.Err != nil {
							b.Error(result.Err)
							return
						}
					}
				})
			})
		}
	}
}

// BenchmarkStart measures how long it takes until a new worker serves.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		e, err := New(WithLeastWorkers(1))
		if err != nil {
			b.Fatal(err)
		}
		_ = e.Close()
	}
}
