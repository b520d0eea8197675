"use strict";
// atob and btoa: https://html.spec.whatwg.org/multipage/webappapis.html#atob

const { DOMException } = shared("exception");

function atob(data) {
  if (arguments.length === 0) throw new TypeError("atob needs 1 argument");
  const text = native.decode(`${data}`);
  if (text === null) throw new DOMException("The text is not base64", "InvalidCharacterError");
  return text;
}

function btoa(data) {
  if (arguments.length === 0) throw new TypeError("btoa needs 1 argument");
  const text = native.encode(`${data}`);
  if (text === null) throw new DOMException("The text has characters above U+00FF", "InvalidCharacterError");
  return text;
}

return { atob, btoa };
