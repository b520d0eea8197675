// Package fetch lets scripts make HTTP requests with the web platform's fetch. They have it when the application grants it:
//
//	rt, err := jsruntime.New(st, vm.New(), fetch.Grant())
//
// A script is hostile, and so is every server that it talks to. What holds without an option:
//
//   - Scripts reach public addresses only, on ports 80 and 443, over http and https. Every connection is checked at the
//     moment that it is made, by the address that it is made to, so neither a name that changes its meaning nor a redirect
//     nor an odd spelling leads into the application's network. [AllowPrivate] and [AllowPorts] open more, [AllowHosts]
//     restricts a tenant to the hosts of a list. Proxies from the environment are not used, and the protocol is HTTP/1.1.
//   - Everything has a bound: bodies, headers, times, connections, requests of a tenant, open responses of a run. See the
//     constants for the defaults and the options of the same names.
//   - No request outlives its run: those under way are cancelled with it. Connections are kept for the same tenant only,
//     and closed when they were not used for [DefaultKeepAlive].
//   - Scripts cannot set the headers that say how a message is carried (Connection, Content-Length, Host, Transfer-Encoding
//     and such), and there is no cookie jar. Accept-Encoding is left to fetch, which takes gzip and decodes it, unless a
//     script says "identity".
//   - Redirects follow the fetch standard, at most 20. On the way to another origin Authorization, Cookie and headers with
//     hidden secrets are left out.
//
// With [HiddenSecrets] a script sends credentials that it never sees.
//
// # In a script
//
// This one sends a hidden secret and JSON, gets JSON back, and gives up after five seconds:
//
//	const response = await fetch("https://api.example.com/orders", {
//		method: "POST",
//		headers: { "authorization": "Bearer {{API_KEY}}", "content-type": "application/json" },
//		body: JSON.stringify({ lamps: 2 }),
//		signal: AbortSignal.timeout(5000),
//	})
//	if (!response.ok) throw new Error("orders: " + response.status)
//	const order = await response.json()
//
// A large body is read piece by piece. A stream has getReader and tee, but no pipeThrough and no pipeTo:
//
//	const { body } = await fetch("https://api.example.com/export.csv")
//	const reader = body.getReader(), decoder = new TextDecoder()
//	let lines = 0
//	for (let piece; !(piece = await reader.read()).done;) {
//		lines += decoder.decode(piece.value, { stream: true }).split("\n").length - 1
//	}
//
// What is refused and what fails on the way rejects with a TypeError, whose message says what it was. An abort rejects with
// the reason of the signal, and one request too many with a RateLimitError:
//
//	try {
//		return await (await fetch(input.url, { signal: AbortSignal.timeout(5000) })).text()
//	} catch (error) {
//		if (error.name === "TimeoutError") return "too slow"
//		if (error instanceof TypeError) return error.message // "fetch: connection refused by api.example.com"
//		throw error
//	}
//
// # What counts, and what errors tell
//
// A request counts as an API call, reading its response does not. A response's body is read at most 64 KiB ahead of the
// script. Errors that reach the script name the rule or what failed, never an address that a name led to or what the system
// said; [OnRequest] gets those too.
//
// A script can tell a name that leads to a private address from one that does not exist. Where names of the internal network
// are not to be known, give fetch a [Resolver] that knows public names only.
package fetch
