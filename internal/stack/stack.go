// Package stack makes room on a goroutine's stack.
package stack
