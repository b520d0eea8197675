"use strict";
// What a script that returns a Response answers with.

// These say how a message came from where it came, or are the server's own. None of them is a part of what a script answers with.
const carriers = [
  "connection", "content-length", "idempotency-replayed", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer",
  "transfer-encoding", "upgrade",
];

function withoutCarriers(headers) {
  const { listOf, made, plain } = shared("headers");
  return plain(made(listOf(headers).filter(([name]) => !carriers.includes(name) && !name.startsWith("jsruntime-")), true));
}

// written returns a promise for the answer that a status, headers and a body or null are.
async function written(status, headers, body) {
  const output = { status, headers: withoutCarriers(headers) };
  if (body) {
    await body.read((bytes) => {
      const text = body.text || headers.has("content-type") && shared("bytes").isText(bytes);
      output.body = text ? shared("bytes").decode(bytes, true) : bytes;
    });
  }
  return output;
}

return { written };
