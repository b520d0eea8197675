package jsruntime

// stackAhead is about what the stack of a request, or of a claimed run, takes.
const stackAhead = 9 << 10

// growStack makes room on the goroutine's stack while there is little on it to copy. A stack that grows deep inside the library is
// copied with all its frames, each of which has to be looked up; and the collector shrinks that of a connection that waits.
//
//go:noinline
func growStack(at int) byte { //nolint:unparam // without a result there would be no array
	var room [stackAhead]byte
	room[at%stackAhead] = 1
	return room[(at+1)%stackAhead]
}
