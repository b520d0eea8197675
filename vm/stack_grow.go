package vm

// stackAhead is about what the stack of a small run takes.
const stackAhead = 9 << 10

// growStack makes room on the goroutine's stack while there is next to nothing on it to copy. A stack that grows as it is
// needed is copied with all the frames of the engine, each of which has to be looked up: a tenth of what a small run costs.
//
//go:noinline
func growStack(at int) byte {
	var room [stackAhead]byte
	room[at%stackAhead] = 1
	return room[(at+1)%stackAhead]
}
