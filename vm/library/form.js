"use strict";
// Forms as the bodies of requests and answers: https://html.spec.whatwg.org/#multipart-form-data

const { encode, decode, join } = shared("bytes");
const { FormData, entriesOf } = shared("formdata");
const { File, isFile, bytesOf, made } = shared("blob");

const lines = (text) => text.split("\r\n").join("\n").split("\r").join("\n").split("\n").join("\r\n");
const quoted = (name) => `"${name.split("\n").join("%0A").split("\r").join("%0D").split('"').join("%22")}"`;

// encoded returns a form as bytes, and their type.
function encoded(form) {
  const boundary = native.boundary();
  const parts = [];
  for (const [name, value] of entriesOf(form)) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name=${quoted(lines(name))}`;
    if (isFile(value)) {
      parts.push(encode(`${head}; filename=${quoted(value.name)}\r\nContent-Type: ${value.type || "application/octet-stream"}\r\n\r\n`));
      parts.push(bytesOf(value), encode("\r\n"));
    } else {
      parts.push(encode(`${head}\r\n\r\n${lines(value)}\r\n`));
    }
  }
  parts.push(encode(`--${boundary}--\r\n`));
  return { bytes: join(parts), type: `multipart/form-data; boundary=${boundary}` };
}

// decoded returns the form that bytes of a content type are: https://fetch.spec.whatwg.org/#dom-body-formdata
function decoded(bytes, type) {
  const essence = (type ?? "").split(";")[0].trim().toLowerCase();
  const form = new FormData();
  if (essence === "application/x-www-form-urlencoded") {
    const list = native.urlencoded(bytes);
    for (let i = 0; i < list.length; i += 2) form.append(list[i], list[i + 1]);
    return form;
  }
  if (essence !== "multipart/form-data") throw new TypeError("The content type is not that of a form");
  const list = native.multipart(bytes, type);
  if (list === null) throw new TypeError("The form cannot be read");
  for (let i = 0; i < list.length; i += 4) {
    const [name, fileName, partType, content] = list.slice(i, i + 4);
    if (fileName === null) form.append(name, decode(content));
    else form.append(name, new File([made(content, "")], fileName, { type: partType || "text/plain" }));
  }
  return form;
}

return { encoded, decoded };
