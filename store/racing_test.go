//go:build race

package store

// racing says that the race detector is on, where everything takes ten times as long.
const racing = true
