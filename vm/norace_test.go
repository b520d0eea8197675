//go:build !race

package vm_test

// raceEnabled says that the race detector is in the program, which takes several times the memory.
const raceEnabled = false
