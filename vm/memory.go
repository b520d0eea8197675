package vm

import "runtime/metrics"

// allocatedBytes returns how many bytes this process has allocated on its heap so far.
func allocatedBytes() int64 {
	sample := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample[:])
	return int64(sample[0].Value.Uint64())
}
