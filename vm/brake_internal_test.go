package vm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A run that is inside a toString of its own, or of a native, is as deep in the engine as one that prints.
func TestOnlyAStackThatPrintsIsTakenForOne(t *testing.T) {
	const (
		head    = "goroutine 8 [running]:\n"
		fmtTop  = "internal/runtime/maps.(*Iter).Next(0x1)\n\t/go/x.go:1 +0x1\nfmt.(*pp).printValue(0xc0, {0x1, 0x2})\n\t/go/src/fmt/print.go:1 +0x1\nfmt.Sprintf({0x1})\n\t/go/src/fmt/print.go:2 +0x1\n"
		makes   = "github.com/dop251/goja.(*Runtime).NewTypeError(0xc1, {0x1, 0x2, 0x3})\n\t/goja/runtime.go:1 +0x1\n"
		convert = "github.com/dop251/goja.(*Object).ordinaryToPrimitiveString(0xc000123456?)\n\t/goja/object.go:1 +0x1\n"
		runs    = "github.com/dop251/goja.(*vm).run(0xc2)\n\t/goja/vm.go:1 +0x1\n"
		below   = "github.com/jsruntime/jsruntime/vm.(*realm).run(0xc3)\n\t/vm/realm.go:1 +0x1"
	)
	match := printing.FindStringSubmatch(head + fmtTop + makes + convert + runs + below)
	require.Len(t, match, 2)
	require.Equal(t, "0xc000123456", match[1])
	for _, other := range []string{
		head + runs + convert + runs + below,
		head + fmtTop + makes + runs + convert + runs + below,
		head + fmtTop + runs + below,
		head + fmtTop + convert + below,
		strings.Replace(head+fmtTop+makes+convert+below, "fmt.Sprintf", "example.com/app.Sprintf", 1),
	} {
		require.Nil(t, printing.FindStringSubmatch(other), other)
	}
}
