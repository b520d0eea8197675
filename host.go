package jsruntime

import (
	"context"

	"github.com/google/uuid"
)

// Host is the one door out of a running script: every host function that it calls goes through Call, so that the
// budget, the counters, cancellation and the log are in one place. An executor in another process only has to carry
// this one call.
//
// Arguments and replies are values, never shared pointers: nil, bool, float64, string, []byte, []any and
// map[string]any of these.
type Host interface {
	// Functions returns the names of the functions that the script may call, sorted. "billing.charge" becomes the
	// method charge of a global object billing.
	Functions() []string

	// Call calls one of them. It may be called concurrently, and ends when ctx does. Its error reaches the script as
	// a rejected promise with the error's text as message; one that matches ErrRateLimit as a RateLimitError.
	//
	// The name "secrets.get" with the secret's name as only argument is always there: it is context.secrets.get.
	Call(ctx context.Context, name string, args []any) (any, error)
}

// SecretsGet is the name by which a script's context.secrets.get goes through [Host.Call].
const SecretsGet = "secrets.get"

// Function is a host function that the application grants to scripts with [WithFunction]. In the script it returns a
// promise, always; calls that are awaited together run concurrently. ctx ends with the execution.
//
// The returned value must be one that JSON can hold, or a []byte, which becomes a Uint8Array; the text of a returned
// error reaches the script, so it must not hold what the script's author may not see.
type Function func(ctx context.Context, call FunctionCall) (any, error)

// FunctionCall is one call of a host function.
type FunctionCall struct {
	TenantID    uuid.UUID
	ScriptID    uuid.UUID
	ExecutionID uuid.UUID
	Args        []any // decoded: nil, bool, float64, string, []byte, []any and map[string]any
}

// Arg returns the argument at i, or nil when the script passed fewer.
func (c FunctionCall) Arg(i int) any {
	if i < 0 || i >= len(c.Args) {
		return nil
	}
	return c.Args[i]
}
