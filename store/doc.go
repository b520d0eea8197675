// Package store has the two implementations of [jsruntime.Store] that come with the library: [Bolt] keeps everything
// in one file, [Memory] in memory.
//
//	st, err := store.Open("scripts.db")
//	if err != nil {
//		return err
//	}
//	defer st.Close()
//
// Both are the same code over ordered buckets of bytes, so a program that works with one works with the other. The
// suite in store/storetest holds them to the contract, and is there for other implementations too.
//
// A call on a Bolt that returns nil has been synced; concurrent callers share a sync. One whose disk is full or fails returns
// the error, and nothing of it stays. [Bolt.Backup] copies a store that is in use, [Bolt.Compact] gives space back, and
// [Bolt.Check] reads all of it and looks for damage. A file that an earlier version wrote is brought up to date by [Open].
package store
