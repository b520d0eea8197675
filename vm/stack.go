//go:build amd64 || arm64

package vm

// stackUse returns how many bytes of its stack the goroutine uses.
func stackUse() uintptr
