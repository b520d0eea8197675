package stack

import (
	"testing"

	"github.com/stretchr/testify/require"
)

//go:noinline
func touch(depth int) int {
	var frame [1 << 10]byte
	frame[depth] = 1
	if depth == 0 {
		return int(frame[0])
	}
	return touch(depth-1) + int(frame[depth])
}

func TestAStackThatHasGrownIsTheGoroutinesStill(t *testing.T) {
	for range 100 {
		done := make(chan int)
		go func() {
			kept := 41
			Grow()
			done <- kept + touch(7)
		}()
		require.Equal(t, 41+8, <-done)
	}
}

func BenchmarkANewGoroutine(b *testing.B) {
	for name, first := range map[string]func(){"grows as it goes": func() {}, "grows first": Grow} {
		b.Run(name, func(b *testing.B) {
			done := make(chan int)
			for b.Loop() {
				go func() { first(); done <- touch(7) }()
				<-done
			}
		})
	}
}
