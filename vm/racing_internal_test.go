//go:build race

package vm

// racing says that the race detector is on, where everything takes ten times as long.
const racing = true

// share is which share of the constructs are tried, others each time, unless BOUNDS is "all".
const share = 96
