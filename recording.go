package jsruntime

// RecordingMode says how much of a run whose caller waits is written to the store. On bbolt each write is two syncs, which
// concurrent runs share: RecordOutcomes takes one write. So does RecordAll for a run that ends within 5 ms and calls no host
// function; for others it takes two, or three where the run has to wait for a slot.
type RecordingMode int

// The recording modes.
const (
	// RecordAll writes each step before anything can come of it: a run is on record before it calls the host, when it has gone
	// on for 5 ms, and before its caller learns how it ended. One that ends before the first two is written once and whole. So a
	// crash leaves a trace of every run, but for one that had begun within the last 5 ms and had done nothing.
	RecordAll RecordingMode = iota
	// RecordOutcomes writes once, at the end. Lost is the trace of what was running when the process died, with its API
	// calls, and WithDedupeKey, which Execute and Call then refuse with a FieldError.
	RecordOutcomes
	// RecordFailures writes what did not complete, at the end. Lost is besides what completed, its output and logs
	// included: of that only the events tell.
	RecordFailures
	// RecordNone writes nothing. Lost is every trace but the events; Execution does not find the run that Execute returned,
	// and a restart renews the API calls of the minute.
	RecordNone
)

func (m RecordingMode) isValid() bool { return m >= RecordAll && m <= RecordNone }

// WithRecording says which executions are recorded, for the given script types or, without any, for all. It holds
// only for runs whose caller waits: Execute, Call and HTTP. Submit, cron ticks, events, requests to asynchronous scripts and
// requests with an idempotency key are always recorded.
// MaxConcurrentRuns then holds for a script's recorded and unrecorded runs separately, and for the unrecorded ones in each
// process. The default is RecordAll.
func WithRecording(mode RecordingMode, types ...ScriptType) Option {
	return func(c *config) error {
		if !mode.isValid() {
			return invalid("recording", "%d is not a recording mode", mode)
		}
		for _, t := range types {
			if !t.IsValid() {
				return invalid("recording", "%q is not a script type", t)
			}
			c.recording[t] = mode
		}
		if len(types) == 0 {
			clear(c.recording)
			c.recording[""] = mode
		}
		return nil
	}
}

func (rt *Runtime) recordingOf(t ScriptType) RecordingMode {
	if mode, ok := rt.recording[t]; ok {
		return mode
	}
	return rt.recording[""]
}
