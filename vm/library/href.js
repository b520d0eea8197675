"use strict";
// The addresses of requests and answers.

const { usv } = shared("webidl");

// hrefOf returns an absolute URL as the URL standard writes it. Where no secrets may be in it, a user or a password is an error.
function hrefOf(value, open = false) {
  const text = usv(value);
  const href = native.href(text, open);
  if (href === null) throw new TypeError(`${JSON.stringify(text.slice(0, 200))} is not an absolute URL${open ? " without a user" : ""}`);
  return href;
}

return { hrefOf };
