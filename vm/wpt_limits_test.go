package vm_test

// wptLimit is a part of the suite that is not passed, on purpose or because it cannot be.
type wptLimit struct {
	path   string // what the paths of files begin with
	test   string // what the names of tests have in them; all of them when it is empty
	reason string
}

const (
	needsServer = "it needs the suite's server"
	needsWindow = "it needs a window"
)

// wptLeftOut are files that are not run.
var wptLeftOut = []wptLimit{
	{"FileAPI/file/send-file-formdata", "", needsServer},
	{"dom/events/AddEventListenerOptions-passive.any.js", "", needsWindow},
	{"dom/events/EventTarget-removeEventListener.any.js", "", needsWindow},
	{"encoding/replacement-encodings.any.js", "", needsServer},
	{"encoding/unsupported-encodings.any.js", "", needsServer},
	{"fetch/api/headers/header-values", "", needsServer},
	{"fetch/api/request/request-cache-", "", needsServer},
	{"fetch/api/request/request-keepalive", "", needsServer},
	{"fetch/api/response/response-blob-realm.any.js", "", needsWindow},
	{"html/webappapis/microtask-queuing/queue-microtask-exceptions.any.js", "", "an exception that nobody catches ends the run"},
}

// wptLimits are tests that fail.
var wptLimits = []wptLimit{
	{"FileAPI/file/File-constructor.any.js", "(file)", needsWindow},
	{"html/webappapis/timers/type-long-", "", "a delay longer than the longest is the longest"},
	{"url/toascii.window.js", "<a>", needsWindow},
	{"url/toascii.window.js", "<area>", needsWindow},
}
