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
	outdated    = "the standard has changed since"
	noStreams   = "there are no streams of this kind"
	noMemory    = "there is no SharedArrayBuffer"
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
	{"fetch/api/request/request-cache-", "", needsServer},
	{"fetch/api/request/request-keepalive", "", needsServer},
	{"fetch/api/response/response-blob-realm.any.js", "", needsWindow},
	{"html/webappapis/microtask-queuing/queue-microtask-exceptions.any.js", "", "an exception that nobody catches ends the run"},
}

// wptLimits are tests that fail.
var wptLimits = []wptLimit{
	{"FileAPI/file/File-constructor.any.js", "(file)", needsWindow},
	{"WebCryptoAPI/import_export/symmetric", "AES-", noAlgorithm},
	{"WebCryptoAPI/import_export/symmetric", "HKDF", noAlgorithm},
	{"WebCryptoAPI/import_export/symmetric", "PBKDF2", noAlgorithm},
	{"WebCryptoAPI/sign_verify/hmac", "wrong algorithm name", "it makes a key of an algorithm that there is not"},
	{"encoding/", "SharedArrayBuffer", noMemory},
	{"encoding/encodeInto.any.js", "detached", "there is no MessageChannel"},
	{"encoding/legacy-mb-schinese/gb18030/gb18030-decoder.any.js", "(file)", `the engine does not parse "\u{10FFFF}"`},
	{"encoding/legacy-mb-schinese/gbk/gbk-decoder.any.js", "pointer: 7533", "the tables are those of GB 18030-2005"},
	{"encoding/streams/", "", noStreams},
	{"hr-time/basic.any.js", "EventTarget", "performance has no events"},
	{"html/webappapis/timers/type-long-", "", "a delay longer than the longest is the longest"},
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
