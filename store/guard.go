package store

import (
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/jsruntime/jsruntime"
)

// guarded runs fn, which reads pages of the file. bbolt and whatever decodes keys trust them: damage shows as a panic, or
// as a fault where the file's end or a bad sector is mapped. Both become an error that matches ErrFormat. A bug of ours
// looks the same here, so the error says where it came up; in [Memory], which shares that code, it is a panic.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: damaged file: %v (%s)", jsruntime.ErrFormat, r, origin())
		}
	}()
	return fn()
}

// origin returns the place of the panic that is being recovered from.
func origin() string {
	callers := make([]uintptr, 16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)]) // without Callers, origin and what recovers
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "runtime.") || !more {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
	}
}
