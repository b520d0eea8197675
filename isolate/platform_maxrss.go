//go:build unix && !darwin

package isolate

// maxrssUnit is the unit of a process's largest resident memory, in bytes.
const maxrssUnit = 1024
