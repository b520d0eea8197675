package isolate

// maxrssUnit is the unit of a process's largest resident memory, in bytes.
const maxrssUnit = 1
