//go:build !race

package vm

// racing says that the race detector is on, where everything takes ten times as long.
const racing = false
