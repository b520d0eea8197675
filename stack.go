package jsruntime

// stackAhead is about what the stack of a claimed run takes.
const stackAhead = 9 << 10

// growStack makes room on the goroutine's stack while there is next to nothing on it to copy. A stack that grows deep inside the
// store is copied with all its frames, each of which has to be looked up.
//
//go:noinline
func growStack(at int) byte {
	var room [stackAhead]byte
	room[at%stackAhead] = 1
	return room[(at+1)%stackAhead]
}
