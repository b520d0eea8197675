package vm

import (
	"context"
	"errors"
	"time"

	"github.com/jsruntime/jsruntime"
)

// compilation is one compile of a source under way or done. Everybody who asks for the same source meanwhile waits
// for the same one.
type compilation struct {
	done    chan struct{} // closed when program and err are set
	program *program
	err     error
}

// errCompileTime says that a compile is still going on after its time; the goroutine cannot be stopped.
var errCompileTime = errors.New("the source takes too long to compile")

// compile returns the compiled program of a source, from the cache where it can. The parser and the compiler cannot be
// interrupted and read hostile text, so they run on a goroutine of their own; when ctx ends or late fires, compile
// answers without it. The returned compilation is not nil when it is still going on.
func (e *Executor) compile(ctx context.Context, source jsruntime.Source, late <-chan time.Time) (*program, *compilation, error) {
	key := keyOf(source)
	c, cached := e.cache.join(key)
	if cached != nil {
		return cached, nil, nil
	}
	if c.claim {
		go e.cache.run(key, c.compilation, source)
	}
	select {
	case <-c.done:
		return c.program, nil, c.err
	case <-ctx.Done():
		return nil, c.compilation, ctx.Err()
	case <-late:
		return nil, c.compilation, errCompileTime
	}
}

// compileSafely turns a panic of the parser or the compiler into an error.
func compileSafely(source jsruntime.Source) (p *program, err error) {
	defer func() {
		if x := recover(); x != nil {
			p, err = nil, engineError("the engine failed to compile the source", x)
		}
	}()
	return compileSource(source)
}
