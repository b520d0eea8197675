package isolate

import "runtime/metrics"

// memory is what this process holds, in bytes.
type memory struct {
	live    int64 // objects that the last garbage collection found alive
	objects int64 // objects, garbage included
	mapped  int64 // memory that Go took of the system
	held    int64 // of that, what it did not give back
}

func readMemory() memory {
	samples := [...]metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples[:])
	at := func(i int) int64 { return int64(samples[i].Value.Uint64()) }
	return memory{live: at(0), objects: at(1), mapped: at(2), held: at(2) - at(3)}
}
