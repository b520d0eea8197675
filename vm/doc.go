// Package vm runs scripts on the goja engine, in this process: [New] returns a [jsruntime.Executor].
//
// # What a run gets
//
// Every run has a realm of its own, made afresh and thrown away, so nothing leaks between runs or tenants. The source is
// the body of an async function with input and context in scope; a text that closes that function is a syntax error.
// The realm has the language's own globals, and besides
//
//   - console.log, info, warn, error and debug, which write to Result.Logs within bounds,
//   - setTimeout, setInterval, clearTimeout, clearInterval and queueMicrotask,
//   - the host functions that the job's Host names, each of which returns a promise, and
//   - RateLimitError, the class of the error with which a host call over its budget is rejected.
//
// There is no require, no network and no file. Code cannot be made from text: eval and Function are gone, and the
// constructor property of functions is undefined. The host's side of a realm uses nothing that a script can replace.
//
// A run ends when its result settles. Timers that still wait do not fire then, and host calls that are still going on
// are cancelled. A promise that was rejected and that nobody handled by then fails the run, and so does waiting for a
// promise that nothing can settle.
//
// # Values
//
// The output is what JSON.stringify would write, under the output limit: toJSON is respected, properties that are
// undefined, functions or symbols are left out, NaN is null. What JSON cannot hold fails the run with its path: a
// function or a symbol as the output itself, a BigInt, a cycle, more than 1,000 levels, and what JSON.stringify would
// lose without a word, namely a Map, a Set, a Promise, an ArrayBuffer and a typed array.
//
// Arguments of host functions follow the same rules, except that functions and symbols are errors wherever they are, and
// that the content of an ArrayBuffer or a typed array becomes a []byte. Together they may take 16 MiB as Go
// values. At most 100 host calls of a run are under way at once; further ones wait.
//
// # What is promised
//
// The time limit and the end of ctx stop whatever the script does in JavaScript, finally blocks included, and the
// answer comes on time even when the script cannot be stopped because it is inside one long call of the engine: then
// Result.Abandoned is set, and a goroutine goes on until that call returns. Output, logs, timers, host calls and the
// depth of calls are bounded. A panic of the engine is the failure of its run.
//
// # What is not promised yet
//
// MaxMemoryBytes is not enforced: a script can allocate until the process has no memory left, which kills it.
// MemoryUsedBytes is what the whole process allocated on its heap while the run went on. That counts garbage, and
// the allocations of runs at the same time; it is marked as an estimate and good for comparing runs that ran alone.
//
// Some single calls of the engine allocate or recurse without bound, and Go cannot recover from running out of memory
// or of stack. This package contains accidents, and it is for authors whom the application can call to account; it is
// no wall against an attacker. Package isolate runs the same behind one.
package vm
