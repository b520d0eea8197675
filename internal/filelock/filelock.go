//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

// Package filelock gives up the locks of files that bbolt has opened and cannot close.
package filelock

import (
	"os"
	"syscall"
)

// Unlock gives up the lock on a file. Closing it would not: bbolt has it mapped still.
func Unlock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }
