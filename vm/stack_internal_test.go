package vm

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:noinline
func deep(n int) (uintptr, [1000]byte) {
	if n == 0 {
		return stackUse(), [1000]byte{}
	}
	use, b := deep(n - 1)
	b[n%1000]++
	return use, b
}

func TestTheUseOfTheStackIsKnown(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		require.Zero(t, stackUse())
		return
	}
	shallow, _ := deep(1)
	deeper, _ := deep(1000)
	require.Less(t, shallow, uintptr(64<<10))
	require.Greater(t, deeper, uintptr(1000*1000))
	require.Less(t, deeper, uintptr(10<<20))
}
