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
// # Limits
//
// The time limit and the end of ctx stop whatever the script does, finally blocks and the engine's own functions included:
// every native function of a realm runs behind a guard that looks whether it may go on, bounds what it takes, and counts
// how deep such calls are nested. Should a script not stop all the same, the answer comes on time without it:
// Result.Abandoned is set, [Executor.Stats] counts it, and a tenant with several of them is suspended; see
// [WithSuspension].
//
// MaxMemoryBytes is what the realm may hold, garbage not counted. The realm is measured by walking it, at checkpoints
// that the compiler puts into loops and functions, when the heap of the process has grown enough for it to matter; a
// native that asks for more than the limit is refused at once. A watchdog ends runs that cannot be measured while the
// heap grows. Between two looks, a script can take a multiple of its limit for some milliseconds: give the process room
// for three times the limits of the runs that it may have at once, or a [WithMemoryBudget].
// Metrics.MemoryUsedBytes is the peak. Runs that never held some megabytes are not measured, and marked as estimated.
//
// Output, logs, timers, host calls and the depth of calls are bounded. [WithMaxRealmTime] limits the time that a script
// runs without what it waits. A panic of the engine is the failure of its run.
//
// The language is whole within bounds that no program meets by accident: a call made from a list has at most 131,072
// arguments, a BigInt 1,048,576 bits, JSON 5,000 levels, arrays that are flattened 200, and proxies and bound functions
// chains of 200; a circle of prototypes through a proxy is an error. Beyond, a script is thrown a RangeError or a
// TypeError.
//
// A source is compiled in time and memory that grow with its length and no faster, and what would take more is a syntax
// error with its position: a source over 1 MiB, more than 1,000 expressions and statements inside one another, more than
// 5,000 operators, members or calls in one expression, about 300,000 parts in all, numbers of more than 16 Ki digits,
// about ten arrow functions inside one another's parameters, and regular expressions of over 32 KiB or 200 levels, that
// repeat over 20,000 parts, or that ignore case and have over ten million characters in their ranges, where a dot is a
// million. A yield without a value in front of a bracket, a comma or a colon counts as all the code behind it, of which
// there may be 256 KiB. Text, comments and literals hold whatever they like.
//
// # What is not promised
//
// Everything runs in one process. Go cannot recover from a stack or a heap that is exhausted, and the guards close the
// ways to it that are known. The next one that somebody finds takes the application down, with all its tenants. This package is
// for authors whom the application can call to account. Package isolate runs the same behind the wall of a process, and
// is for anybody.
package vm
