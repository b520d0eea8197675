//go:build !race

package isolate

// raceEnabled says that the race detector is in the program: it takes several times the memory, and calls of the system
// of its own.
const raceEnabled = false
