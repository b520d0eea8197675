//go:build amd64 || arm64

package stack

// Grow makes room on the goroutine's stack while there is next to nothing on it to copy. A stack that grows as it is needed is copied
// with all the frames of the engine, each of which has to be looked up: a tenth of what a small run costs; and the collector shrinks
// that of a goroutine that waits. It is in assembly since Go would clear the room.
func Grow()
