//go:build !linux

package isolate

import (
	"os"
	"syscall"
)

var roles map[string]func()

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}
