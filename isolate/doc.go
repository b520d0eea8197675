// Package isolate runs scripts in worker processes, under limits of the operating system: [New] returns a
// [jsruntime.Executor] for scripts that nobody trusts. What a script does to its worker, it does to nothing else.
//
// A worker is the application's own program, started again. Nothing has to be installed, and the first line of the
// application's main is
//
//	func main() {
//		isolate.Main()
//		...
//	}
//
// which returns at once in the application, and never in a worker. [New] fails with the line to add where it is missing.
//
// # What is the same as in vm
//
// The workers run package vm, so scripts behave as there: the same language, values, failures, positions and bounds. Host
// functions run in the application, with the caller's ctx, concurrently; only their arguments and replies cross the pipe.
// The suite executortest holds for both.
//
// # What is different
//
// Memory is limited. A run is ended with [jsruntime.ErrMemoryLimit] when the script holds more than its MaxMemoryBytes
// after a garbage collection, which the worker itself sees; and in any case when the worker takes more than that, what
// it takes at rest and a margin ([WithMemoryMargin]) together, which the system refuses it. So MaxMemoryBytes is kept
// to the margin, whatever the script does in a single call. Reading the source counts: some 40 bytes for each of its
// bytes, unless the worker has it compiled already.
//
// A script that cannot be stopped ends with its worker, 30 ms after its time: no goroutine and no slot is lost.
// Result.Abandoned is set only for a host function that goes on after the end of its ctx. A worker that dies of
// something else, such as the engine's recursion, which Go cannot recover from, fails its own run with
// [jsruntime.ErrWorkerCrashed] and the reason: "stack overflow", "signal: killed" when an operator or a system without
// memory did it, "it broke the protocol". What the script wrote to its console before is kept in all cases.
//
// Reading a source happens in a worker too. A source that is too much for one, in time, memory or depth, is refused as a
// syntax error.
//
// ExecutionMetrics.CPUTime is the true processor time of the run, with the engine's garbage collection.
// MemoryUsedBytes is what vm measures. For a run whose worker died it is by how much the worker's resident memory grew at
// the most, and marked as estimated.
//
// # What to do about a failure
//
//	e, err := rt.Execute(ctx, tenantID, scriptID, input)
//	if err != nil {
//		return err // nothing ran
//	}
//	switch failure := e.Failure(); {
//	case failure == nil:
//		return use(e.Output())
//	case errors.Is(failure, jsruntime.ErrTimeout), errors.Is(failure, jsruntime.ErrMemoryLimit):
//		// the script met its limit
//	case errors.Is(failure, jsruntime.ErrWorkerCrashed):
//		// the script broke its worker, or somebody killed it
//	default:
//		// the script threw, or returned what it may not
//	}
//
// The script may have called host functions before. Running it again is safe if those are.
//
// # Workers
//
// A worker does one run at a time; it is taken while the run waits for a host function. Workers start before they are
// needed: there is always one more than is at work, and as many as there are CPUs at the least. They are replaced when
// they die, after a number of runs, and when they have grown, and end with the application however it ends. A start
// takes about 9 ms, a worker at rest 10 to 15 MiB of resident memory, most of it the program itself. At the worst the
// workers take the number of concurrent runs, times MaxMemoryBytes, the margin and 15 MiB together. In the application
// each run may have 32 MiB of arguments of host functions under way; a call that would make it more waits in the
// worker.
//
// A worker is used for one tenant after the other. Each run gets a realm of its own, as in vm. Against a script that
// takes a whole worker over, which needs a hole in Go or in the engine that no limit stops, [WithMaxRuns](1) gives each
// run a process of its own, for the price of a start.
//
// # What a worker can do
//
// On Linux: compute. It inherits no descriptor, and of the environment only the time zone; its working directory does
// not exist, and a filter lets it make no system call but those by which Go manages memory, threads, time and its two
// pipes; no files, no network, no processes, no machine code. A system that runs out of memory ends workers first. No
// privileges are needed, nor should the application have any: a worker has its user's. [Executor.Stats] lists what is
// in force. What a worker says to the host is bounded and checked, each frame against the run that the worker was
// given, so that one that a script took over cannot act for another execution, nor make the host allocate or wait
// without bound.
//
// # Platforms
//
// Linux has all of this, where /proc is mounted; without it, the resident memory of workers is not sampled. Windows
// limits the memory of a worker from outside by a job object, which also ends it with the application, and has no
// filter. macOS and the BSDs have neither a limit nor a measure from outside for programs without C: there the worker
// watches its own memory every 5 ms, so that a single huge allocation is noticed after it was made; a worker ends with
// the application when it finds its pipe closed. Time limits are enforced by killing everywhere.
//
// Under the race detector, whose own memory and system calls would be limited too, the memory limit of the system, the
// filter and no new privileges are off. What is off is reported to the logger ([WithLogger]) as well.
package isolate
