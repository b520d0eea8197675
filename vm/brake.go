package vm

import (
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
	"unsafe"

	"github.com/dop251/goja"
)

// An object that cannot be converted to a primitive value makes the engine print it into the text of an error: every element
// with every character, as often as it is there. A script can have such an object hold one long text a million times, and
// nothing interrupts fmt. The brake ends the run, and takes the texts and the elements out of that object while fmt goes over
// them. Nobody sees it: no script runs any more in that realm.

const (
	brakeEvery  = 50 * time.Millisecond // since all goroutines stand still for the brake to look
	brakeTrace  = 4 << 20               // bytes of the stacks that are looked at
	longElement = 1 << 10               // bytes of texts that are taken out; constants of the engine are shorter
)

// printing finds the object in the trace of a goroutine that prints one.
var printing = regexp.MustCompile(`goja\.\(\*Object\)\.ordinaryToPrimitive\w+\((0x[0-9a-f]+)`)

// brake ends runs that print an object.
func (w *watch) brake(now time.Time) {
	if now.Sub(w.braked) < brakeEvery {
		return
	}
	w.braked = now
	trace := make([]byte, brakeTrace)
	trace = trace[:runtime.Stack(trace, true)]
	for _, match := range printing.FindAllSubmatch(trace, -1) {
		address, _ := strconv.ParseUint(string(match[1]), 0, 64)
		w.empty(uintptr(address))
	}
}

// empty takes the elements out of an object and ends its run, if there is one at the address.
func (w *watch) empty(address uintptr) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { _ = recover() }() // there was something else
	object := *(**goja.Object)(unsafe.Pointer(&address))
	for r := range w.runs {
		if objectOf(object).runtime == r.rt {
			r.stop(memoryExceeded())
			r.program.spoiled.Store(true) // its literals may be among the texts
			emptyObject(object)
			return
		}
	}
}

func emptyObject(object *goja.Object) {
	switch kindWord(object) {
	case arrayKind:
		a := inside[arrayObject](object)
		a.values = a.values[:0]
	case sparseKind:
		a := inside[sparseArrayObject](object)
		a.items = a.items[:0]
	}
	for _, v := range baseOf(object).values {
		switch word := wordOf(&v); word.kind {
		case asciiKind:
			if s := (*string)(word.data); len(*s) > longElement {
				*s = (*s)[:0]
			}
		case unicodeKind:
			if s := (*[]uint16)(word.data); len(*s) > longElement {
				*s = (*s)[:0]
			}
		}
	}
}
