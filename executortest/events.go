package executortest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var eventTests = []test{
	{"events are dispatched", eventsAreDispatched},
	{"signals abort", signalsAbort},
	{"an error in a listener fails the run", anErrorInAListenerFailsTheRun},
}

func eventsAreDispatched(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"to listeners in their order": {`const t = new EventTarget(), a = []; t.addEventListener("x", () => a.push(1)); t.addEventListener("x", () => a.push(2)); t.addEventListener("y", () => a.push(3)); t.dispatchEvent(new Event("x")); return a`, `[1,2]`},
		"capturing ones first":        {`const t = new EventTarget(), a = []; t.addEventListener("x", () => a.push(1)); t.addEventListener("x", () => a.push(2), true); t.dispatchEvent(new Event("x")); return a`, `[2,1]`},
		"one of a kind":               {`const t = new EventTarget(), a = [], f = () => a.push(1); t.addEventListener("x", f); t.addEventListener("x", f); t.addEventListener("x", f, true); t.dispatchEvent(new Event("x")); return a`, `[1,1]`},
		"once":                        {`const t = new EventTarget(), a = []; t.addEventListener("x", () => a.push(1), {once: true}); t.dispatchEvent(new Event("x")); t.dispatchEvent(new Event("x")); return a`, `[1]`},
		"not when removed":            {`const t = new EventTarget(), a = [], f = () => a.push(1); t.addEventListener("x", f); t.addEventListener("x", () => a.push(2)); t.removeEventListener("x", f); t.dispatchEvent(new Event("x")); return a`, `[2]`},
		"not when removed meanwhile":  {`const t = new EventTarget(), a = [], f = () => a.push(2); t.addEventListener("x", () => { a.push(1); t.removeEventListener("x", f); t.addEventListener("x", () => a.push(3)) }); t.addEventListener("x", f); t.dispatchEvent(new Event("x")); return a`, `[1]`},
		"until the signal aborts":     {`const t = new EventTarget(), c = new AbortController(), a = []; t.addEventListener("x", () => a.push(1), {signal: c.signal}); t.dispatchEvent(new Event("x")); c.abort(); t.dispatchEvent(new Event("x")); return a`, `[1]`},
		"to objects":                  {`const t = new EventTarget(), o = {handleEvent(e) { this.seen = [this === o, e.type] }}; t.addEventListener("x", o); t.dispatchEvent(new Event("x")); return o.seen`, `[true,"x"]`},
		"with what they hold": {`const t = new EventTarget(); let seen; t.addEventListener("x", function (e) { seen = [this === t, e.target === t, e.currentTarget === t, e.eventPhase, e.composedPath().length, e.detail.n, e.isTrusted] });
			const e = new CustomEvent("x", {detail: {n: 1}}); t.dispatchEvent(e); return [...seen, e.currentTarget, e.eventPhase, e.composedPath().length]`, `[true,true,true,2,1,1,false,null,0,0]`},
		"and can be canceled":      {`const t = new EventTarget(); t.addEventListener("x", e => e.preventDefault()); return [t.dispatchEvent(new Event("x")), t.dispatchEvent(new Event("x", {cancelable: true}))]`, `[true,false]`},
		"but by a passive one":     {`const t = new EventTarget(); t.addEventListener("x", e => e.preventDefault(), {passive: true}); return t.dispatchEvent(new Event("x", {cancelable: true}))`, `true`},
		"and can be stopped":       {`const t = new EventTarget(), a = []; t.addEventListener("x", e => { a.push(1); e.stopImmediatePropagation() }); t.addEventListener("x", () => a.push(2)); t.dispatchEvent(new Event("x")); return a`, `[1]`},
		"to a class of the author": {`class Mine extends EventTarget { n = 0; constructor() { super(); this.addEventListener("x", () => this.n++) } } const m = new Mine(); m.dispatchEvent(new Event("x")); return m.n`, `1`},
		"and not twice at a time":  {`const t = new EventTarget(), e = new Event("x"); let name; t.addEventListener("x", () => { try { t.dispatchEvent(e) } catch (error) { name = error.name } }); t.dispatchEvent(e); return name`, `"InvalidStateError"`},
		"and nothing else is": {`const t = new EventTarget(), names = []; for (const f of [() => t.dispatchEvent({type: "x"}), () => t.dispatchEvent(), () => t.addEventListener("x"), () => t.addEventListener("x", 1), () => new Event(), () => new Event("x", 1), () => t.addEventListener("x", () => {}, {signal: {}})]) { try { f() } catch (e) { names.push(e.name) } } return names`,
			`["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"]`},
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, c.want, s.output(t, c.source))
		})
	}
}

func signalsAbort(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"by a controller":         {`const c = new AbortController(), a = []; c.signal.onabort = e => a.push(e.type, e.isTrusted); c.abort(); c.abort(); return [...a, c.signal.aborted, c.signal.reason.name]`, `["abort",true,true,"AbortError"]`},
		"with a reason":           {`const c = new AbortController(); c.abort("why"); try { c.signal.throwIfAborted() } catch (e) { return e }`, `"why"`},
		"from the beginning":      {`const s = AbortSignal.abort(); return [s.aborted, s.reason.name]`, `[true,"AbortError"]`},
		"in time":                 {`const s = AbortSignal.timeout(5); await new Promise(r => s.addEventListener("abort", r)); return [s.aborted, s.reason.name, s.reason.code]`, `[true,"TimeoutError",23]`},
		"when any of them does":   {`const a = new AbortController(), s = AbortSignal.any([a.signal, AbortSignal.timeout(1e6)]); let n = 0; s.addEventListener("abort", () => n++); a.abort(1); return [s.aborted, s.reason, n]`, `[true,1,1]`},
		"through others":          {`const a = new AbortController(), s = AbortSignal.any([AbortSignal.any([a.signal]), AbortSignal.any([])]); a.abort(1); return [s.aborted, s.reason]`, `[true,1]`},
		"and are made by none":    {`try { new AbortSignal() } catch (e) { return e.name }`, `"TypeError"`},
		"many that time out":      {`for (let i = 0; i < 5000; i++) { AbortSignal.timeout(1e6) } setTimeout(() => {}, 1e6); return 1`, `1`},
		"though not without end":  {`let n = 0; try { for (;; n++) { AbortSignal.timeout(1e6) } } catch (e) { return [n, e.name] }`, `[10000,"TypeError"]`},
		"whatever is cleared":     {`const s = AbortSignal.timeout(5); for (let i = 0; i < 10; i++) { clearTimeout(i) } await new Promise(r => s.onabort = r); return s.aborted`, `true`},
		"their handlers replaced": {`const c = new AbortController(), a = []; c.signal.onabort = () => a.push(1); c.signal.addEventListener("abort", () => a.push(2)); c.signal.onabort = () => a.push(3); c.abort(); return [...a, typeof c.signal.onabort]`, `[3,2,"function"]`},
		"a delay out of range":    {`const names = []; for (const n of [-1, NaN, Infinity, 2 ** 53, undefined]) { try { AbortSignal.timeout(n) } catch (e) { names.push(e.name) } } return names.length`, `5`},
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, c.want, s.output(t, c.source, withTime(10*time.Second)))
		})
	}
}

func anErrorInAListenerFailsTheRun(t *testing.T, s *suite) {
	for _, c := range []struct {
		source, message string
		line            int
	}{
		{"const t = new EventTarget()\nt.addEventListener('x', () => { throw new Error('bad') }); t.dispatchEvent(new Event('x')); return 1", "Error: bad", 2},
		{"const t = new EventTarget()\nt.addEventListener('x', () => { throw 3 }); t.dispatchEvent(new Event('x')); return 1", "Uncaught 3", 2},
		{"const t = new EventTarget(); t.addEventListener('x', {}); t.dispatchEvent(new Event('x')); await null", "TypeError: The handleEvent of an event listener is not a function", 1},
		{"const s = AbortSignal.timeout(1)\ns.onabort = () => { throw new Error('late') }; await new Promise(() => {})", "Error: late", 2},
		{"reportError(new TypeError('told')); await new Promise(r => setTimeout(r, 1e6))", "TypeError: told", 1},
		{"let a\nreportError('told'); return 1", "Uncaught 'told'", 2},
		{"reportError(new Error('first')); reportError(new Error('second')); throw new Error('third')", "Error: first", 1},
		{"context.waitUntil(new Promise(r => setTimeout(r, 1e6))); setTimeout(() => reportError(new Error('told')), 1); return 1", "Error: told", 1},
	} {
		t.Run(c.source, func(t *testing.T) {
			failure := s.failure(t, c.source)
			require.Equal(t, c.message, failure.Message)
			require.Equal(t, c.line, failure.Line)
		})
	}
	result := s.run(`const t = new EventTarget(); t.addEventListener("x", () => { throw 1 }); t.addEventListener("x", () => console.log("called")); t.dispatchEvent(new Event("x"))`)
	require.Error(t, result.Err)
	require.Len(t, result.Logs, 1)
}
