package vm_test

// wptLimit is a part of the suite that is not passed, on purpose or because it cannot be.
type wptLimit struct {
	path   string // what the paths of files begin with
	test   string // what the names of tests have in them; all of them when it is empty
	reason string
}

const (
	needsServer    = "it needs the suite's server"
	needsWindow    = "it needs a window"
	needsWorker    = "it needs a worker's global object"
	outdated       = "the standard has changed since"
	noPorts        = "there are no ports for messages"
	noMemory       = "there is no SharedArrayBuffer"
	browsersAlone  = "the host says which requests there are, not the rules by which a browser guards its user"
	typesOfBlobs   = "the standard of Blobs only writes types in small letters"
	slashOfPattern = `the language lets the engine write a slash as \u002f`
	emptyForm      = "a form without entries is its last boundary, as it is in all browsers"

	noStreams   = "there are no streams of this kind"
	noAlgorithm = "there is no such algorithm"
)

// wptLeftOut are files that are not run.
var wptLeftOut = []wptLimit{
	{"FileAPI/file/send-file-formdata", "", needsServer},
	{"dom/events/AddEventListenerOptions-passive.any.js", "", needsWindow},
	{"dom/events/EventTarget-removeEventListener.any.js", "", needsWindow},
	{"encoding/replacement-encodings.any.js", "", needsServer},
	{"encoding/unsupported-encodings.any.js", "", needsServer},
	{"fetch/api/headers/header-values", "", needsServer},
	{"fetch/api/headers/headers-no-cors.any.js", "", browsersAlone},
	{"fetch/api/request/request-bad-port.any.js", "", browsersAlone},
	{"fetch/api/request/request-cache-", "", needsServer},
	{"fetch/api/request/request-keepalive", "", needsServer},
	{"fetch/api/response/response-blob-realm.any.js", "", needsWindow},
	{"html/webappapis/microtask-queuing/queue-microtask-exceptions.any.js", "", "an exception that nobody catches ends the run"},
}

// wptInapplicable are tests that fail because they are about something else than a realm, or than the standards of today.
var wptInapplicable = []wptLimit{
	{"FileAPI/blob/Blob-constructor.any.js", "MessagePort", noPorts},
	{"FileAPI/file/File-constructor.any.js", "(file)", needsWindow},
	{"WebCryptoAPI/idlharness.https.any.js", "WorkerGlobalScope", needsWorker},
	{"WebCryptoAPI/idlharness.https.any.js", "operation deriveBits", outdated},
	{"encoding/", "SharedArrayBuffer", noMemory},
	{"encoding/encodeInto.any.js", "detached", noPorts},
	{"fetch/api/headers/header-setcookie.any.js", "forbidden response header", browsersAlone},
	{"fetch/api/idlharness.any.js", "WorkerGlobalScope", needsWorker},
	{"fetch/api/request/request-consume-empty.any.js", "FormData", emptyForm},
	{"fetch/api/request/request-disturbed.any.js", "even if body is not used", outdated},
	{"fetch/api/request/request-error.any.js", "no-cors", browsersAlone},
	{"fetch/api/request/request-headers.any.js", "Adding invalid ", browsersAlone},
	{"fetch/api/request/request-headers.any.js", "is filtering headers", browsersAlone},
	{"fetch/api/request/request-init-priority.any.js", "completes successfully", needsServer},
	{"fetch/api/response/json.any.js", "JSON parser", "fetch is for http and https"},
	{"fetch/api/response/response-clone.any.js", "should provide the same data", needsServer},
	{"fetch/api/response/response-clone.any.js", "should not affect cloned one", needsServer},
	{"fetch/api/response/response-consume-empty.any.js", "FormData", emptyForm},
	{"hr-time/idlharness.any.js", "WorkerGlobalScope", needsWorker},
	{"html/webappapis/structured-clone/structured-clone.any.js", "MessagePort", noPorts},
	{"html/webappapis/structured-clone/structured-clone.any.js", "RegExp slash", slashOfPattern},
	{"mimesniff/mime-types/", "(Blob/File)", typesOfBlobs},
	{"mimesniff/mime-types/parsing.any.js", "x/x;,=x;bonus=x (Request", "the standard splits headers at commas"},
	{"mimesniff/mime-types/parsing.any.js", "x/x;x=,;bonus=x (Request", "the standard splits headers at commas"},
	{"streams/readable-streams/templated.any.js", "pending read requests should throw", outdated},
	{"url/url-constructor.any.js", "<http://0..0x300/>", outdated},
	{"url/url-constructor.any.js", "<http://\x1f", outdated},
	{"url/url-constructor.any.js", "<http://256.256.256.256.256>", outdated},
	{"url/url-constructor.any.js", "<http://0177.0.0.0189>", outdated},
	{"url/url-constructor.any.js", `[\]^_`, outdated},
	{"url/url-origin.any.js", "<http://0..0x300/>", outdated},
	{"url/url-origin.any.js", "<http://\x1f", outdated},
	{"url/url-origin.any.js", "<http://256.256.256.256.256>", outdated},
	{"url/url-setters-stripping.any.js", "Setting host", outdated},
	{"url/url-setters.any.js", "URL: Setting <a:/>.pathname", outdated},
	{"url/toascii.window.js", "<a>", needsWindow},
	{"url/toascii.window.js", "<area>", needsWindow},
}

// wptLimits are tests that apply, and fail.
var wptLimits = []wptLimit{
	{"WebCryptoAPI/import_export/symmetric", "AES-", noAlgorithm},
	{"WebCryptoAPI/import_export/symmetric", "HKDF", noAlgorithm},
	{"WebCryptoAPI/import_export/symmetric", "PBKDF2", noAlgorithm},
	{"WebCryptoAPI/sign_verify/hmac", "wrong algorithm name", "it makes a key of an algorithm that there is not"},
	{"encoding/idlharness.any.js", "TextDecoderStream", noStreams},
	{"encoding/idlharness.any.js", "TextEncoderStream", noStreams},
	{"encoding/streams/", "", noStreams},
	{"fetch/api/response/response-clone.any.js", "Float16Array", "there is no Float16Array"},
	{"fetch/api/response/response-consume-stream.any.js", "mode=byob", noStreams},
	{"fetch/api/response/response-consume-stream.any.js", "with offset", noStreams},
	{"fetch/api/response/response-stream-disturbed-by-pipe.any.js", "", noStreams},
	{"fetch/api/response/response-stream-with-broken-then.any.js", "body readable stream conversion", noStreams},
	{"hr-time/basic.any.js", "EventTarget", "performance has no events"},
	{"hr-time/idlharness.any.js", "Performance interface: existence and properties", "performance has no events"},
	{"html/webappapis/timers/type-long-", "", "a delay longer than the longest is the longest"},
	{"streams/idlharness.any.js", "ReadableStreamBYOB", noStreams},
	{"streams/idlharness.any.js", "ReadableByteStream", noStreams},
	{"streams/idlharness.any.js", "WritableStream", noStreams},
	{"streams/idlharness.any.js", "TransformStream", noStreams},
	{"streams/idlharness.any.js", "pipeThrough", noStreams},
	{"streams/idlharness.any.js", "type: 'bytes'", noStreams},
	{"streams/idlharness.any.js", "self.readableByteStreamController", noStreams},
	{"streams/idlharness.any.js", "self.readableStreamByobRequest", noStreams},
	{"streams/idlharness.any.js", "self.transformStreamDefaultController", noStreams},
	{"streams/idlharness.any.js", "self.writableStreamDefaultController", noStreams},
	{"streams/readable-streams/floating-point-total-queue-size.any.js", "MAX_SAFE_INTEGER", "the engine has -(2 ** 53) in two forms, which Object.is tells apart"},
	{"streams/readable-streams/reentrant-strategies.any.js", "pipeTo", noStreams},
	{"streams/readable-streams/templated.any.js", "correct methods and properties", noStreams},
}
