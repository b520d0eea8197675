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
package store
