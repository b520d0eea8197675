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
// A request counts as an API call, reading its response does not. A response's body is read at most 64 KiB ahead of the
// script. Errors that reach the script name the rule or what failed, never an address that a name led to or what the system
// said; [OnRequest] gets those too.
//
// A script can tell a name that leads to a private address from one that does not exist. Where names of the internal network
// are not to be known, give fetch a [Resolver] that knows public names only.
package fetch
