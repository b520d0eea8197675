// Package vm runs scripts on the goja engine, in this process: [New] returns a [jsruntime.Executor].
//
// # What a run gets
//
// Every run has a realm of its own, made afresh and thrown away, so nothing leaks between runs or tenants. The source is the
// body of an async function with input and context in scope; a text that closes that function is a syntax error. The realm
// has the language's own globals, with what goja lacks of them: Object.groupBy, Map.groupBy, Promise.withResolvers,
// Promise.try, Array.fromAsync, Iterator and the helpers of iterators, isWellFormed and toWellFormed of texts,
// RegExp.escape, Symbol.asyncIterator and ArrayBuffer.prototype.transfer, and Uint8Array has fromHex, toHex, fromBase64 and
// toBase64. There are no asynchronous generators, no for await and no modules. There is no Intl either: toLocaleString and
// its like ignore their arguments, and a number is written as String writes it. Besides, the realm has
//
//   - console, as its standard has it, which writes to Result.Logs within bounds,
//   - setTimeout, setInterval, clearTimeout, clearInterval and queueMicrotask,
//   - Event, CustomEvent, EventTarget, AbortController, AbortSignal, structuredClone, reportError and DOMException,
//   - ReadableStream with its default reader and the queuing strategies; there are no streams of bytes of their own kind, and
//     none to write to or to transform,
//   - Blob, File, FormData, Headers, Request and Response,
//   - fetch, where the Host has the functions fetch:send, fetch:read and fetch:abort behind it, and db with db.query, db.exec and
//     db.tx, where it has db:query, db:exec, db:begin, db:commit and db:rollback,
//   - URL and URLSearchParams as browsers have them, up to 1 MiB,
//   - TextEncoder, TextDecoder for all encodings of the web, atob and btoa,
//   - crypto.getRandomValues and randomUUID, and of crypto.subtle the SHA digests and keys of HMAC; its other algorithms
//     are rejected with a NotSupportedError,
//   - performance.now, in steps of 0.1 ms since the run began, and performance.timeOrigin,
//   - the host functions that the job's Host names, each of which returns a promise, and
//   - RateLimitError, the class of the error with which a host call over its budget is rejected; its retryAfter says in
//     how many seconds a call is free again.
//
// fetch is that of the web platform without a browser around it: URLs are absolute, mode, credentials and cache change nothing,
// there are no forbidden headers but those that the host refuses, and a redirect that is not followed is itself the Response. It
// fails with a TypeError that says why. db.query returns rows as objects, in which the last of the columns of one name counts.
// db.tx commits once all that was called on its transaction is done, whether the script awaits it or not, and rolls back where
// a call failed that the script did not handle while its function ran.
//
// There is no require, and there is no network and no file but by the Host. Code cannot be made from text: eval and Function
// are gone, and the constructor property of functions is undefined. The host's side of a realm uses nothing that a script
// can replace.
//
// A run ends when its result settles. Timers that still wait do not fire then, and host calls that are still going on are
// cancelled. A script that has more to do once it has its result says so: the run goes on, within its limits, until what it
// gave to context.waitUntil has settled, 1,000 promises at most. The output is what it was when the result settled. Who
// waits for the run, a client of HTTP included, waits for these promises too, and a rejection takes the place of the answer.
//
// A promise that was rejected and that nobody handled by then fails the run. So do a rejection of what context.waitUntil
// was given, what a timer or the listener of an event throws, what reportError is given, and waiting for a promise that
// nothing can settle.
//
// # Values
//
// The output is what JSON.stringify would write, under the output limit: toJSON is respected, properties that are undefined,
// functions or symbols are left out, NaN is null. What JSON cannot hold fails the run with its path: a function or a symbol
// as the output itself, a BigInt, a cycle, more than 1,000 levels, and what JSON.stringify would lose without a word, namely
// a Map, a Set, a WeakMap, a WeakSet, a Promise, an iterator, an ArrayBuffer and its views, and objects of the platform that
// have neither toJSON nor properties of their own, such as a Response or a Blob. Headers are an object. The exception is the
// answer of an HTTP script: where the output is an object with a numeric status, the body may be an ArrayBuffer or a typed
// array, if there is nothing else in it but headers. It becomes base64, and a property encoding says so. A script may return
// a Response: the output is {status, headers, body} then, once all of the body is there, which is text where it has a
// content type and is UTF-8, and bytes otherwise. Headers are an object with a list for set-cookie; those of a Response that
// say how a message is carried, such as content-length and transfer-encoding, are left out, so that a script may return what
// fetch gave it.
//
// Arguments of host functions follow the same rules, except that functions and symbols are errors wherever they are, and
// that the content of an ArrayBuffer or a typed array becomes a []byte. Together they may take 16 MiB as Go
// values. At most 100 host calls of a run are under way at once; further ones wait.
//
// # Limits
//
// The time limit and the end of ctx stop whatever the script does, finally blocks and natives, the engine's own functions,
// included. Every native of a realm runs behind a guard that checks whether it may go on, bounds what it takes, and
// counts how deep natives are nested. Should a script not stop all the same, the answer comes without it, 20 ms after
// its time: Result.Abandoned is set, [Executor.Stats] counts it, and a tenant with several of them is suspended; see
// [WithSuspension].
//
// MaxMemoryBytes is what the realm may hold, garbage not counted. The realm is measured by walking it, at checkpoints
// that the compiler puts into loops and functions, when the heap of the process has grown enough for it to matter; a
// native that asks for more than the limit ends the run. A watchdog ends runs that cannot be measured while the heap
// grows. Between two looks, a script can take a multiple of its limit for some milliseconds: give the process room for
// three times the limits of the runs that it may have at once, or a [WithMemoryBudget]. Metrics.MemoryUsedBytes is the
// peak; below 8 MiB it is marked as estimated.
//
// These ends of a run cannot be caught by the script, and neither can recursion deeper than 1,024 calls, which fails the
// run with "RangeError: Maximum call stack size exceeded".
//
// Output, logs, timers (1,000 that wait, and 10,000 signals that time out) and host calls (100 at work, others wait) are
// bounded. [WithMaxRealmTime] limits the time that a script runs, not counting what it waits for. A panic of the engine is
// the failure of its run.
//
// The language is whole within bounds that no program meets by accident. Beyond them a script is thrown a RangeError or a
// TypeError, which it may catch:
//
//   - a call made from a list has at most 131,072 arguments, and a BigInt 1,048,576 bits;
//   - JSON has at most 5,000 levels, and arrays that are flattened 200;
//   - proxies and bound functions are at most 200 in a chain, and a circle of prototypes through a proxy is an error.
//
// A source is compiled in time and memory that grow with its length and no faster. What would take more is a syntax error
// with its position. Text, comments and literals hold whatever they like. The bounds are
//
//   - 1 MiB of source, and about 300,000 expressions and statements,
//   - 1,000 expressions and statements inside one another, and 5,000 operators, members or calls in one expression,
//   - about ten arrow functions inside one another's parameters,
//   - numbers of 16 Ki digits,
//   - regular expressions of 32 KiB and 200 levels that repeat 20,000 parts; those that ignore case may have ten million
//     characters in their ranges, where a dot is a million, and
//   - 256 KiB of code behind a yield that stands without a value before a bracket, a comma or a colon.
//
// # The version of goja
//
// The guards reach what goja does not export. With a goja of another layout than the one this module requires, every run
// fails with [jsruntime.ErrEngine] and the name of the struct that moved, rather than going on without guards.
//
// # What is not promised
//
// Everything runs in one process. Go cannot recover from a stack or a heap that is exhausted, and the guards close the
// ways to it that are known. The next one that somebody finds takes the application down, with all its tenants. This
// package is for authors whom the application can call to account. Package isolate runs the same behind the wall of a
// process, and is for anybody.
package vm
