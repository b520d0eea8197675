"use strict";
// Blob and File: https://w3c.github.io/FileAPI

const { describe, need, usv, sequence } = shared("webidl");
const { encode, decode, isBuffer, copyOf, slice, join } = shared("bytes");
const { isView } = ArrayBuffer;

let bytesOf, typeIn, isBlob, made, copied;

// typeOf is how a type is kept: in lower case, and not at all where it has other characters than ASCII shows.
function typeOf(type) {
  const text = `${type}`;
  for (let i = 0; i < text.length; i++) {
    if (text[i] < " " || text[i] > "~") return "";
  }
  return text.toLowerCase();
}

// https://w3c.github.io/FileAPI/#convert-line-endings-to-native
function nativeEndings(text) { return text.split("\r\n").join("\n").split("\r").join("\n"); }

// partsOf returns the bytes and the type of a new Blob: https://w3c.github.io/FileAPI/#process-blob-parts
function partsOf(parts, options) {
  const iterate = parts !== null && (typeof parts === "object" || typeof parts === "function") ? parts[Symbol.iterator] : undefined;
  if (typeof iterate !== "function") throw new TypeError("The parts of a Blob must be a list");
  const elements = sequence(parts, iterate, (element) => isBlob(element) || isView(element) || isBuffer(element) ? element : usv(element));
  const given = dictionary(options);
  const endings = given.endings === undefined ? "transparent" : `${given.endings}`;
  if (endings !== "transparent" && endings !== "native") throw new TypeError("endings must be transparent or native");
  const type = given.type === undefined ? "" : typeOf(given.type);
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i];
    if (typeof element === "string") elements[i] = encode(endings === "native" ? nativeEndings(element) : element);
    else elements[i] = isBlob(element) ? bytesOf(element) : copyOf(element);
  }
  return [join(elements), type];
}

function dictionary(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object" && typeof options !== "function") throw new TypeError("The options must be an object");
  return options;
}

class Blob {
  #bytes;
  #type;

  static {
    bytesOf = (blob) => blob.#bytes;
    typeIn = (blob) => blob.#type;
    isBlob = (value) => typeof value === "object" && value !== null && #bytes in value;
    // made returns a Blob of bytes that it shares.
    made = (bytes, type) => {
      const blob = new Blob();
      blob.#bytes = bytes;
      blob.#type = type;
      return blob;
    };
  }

  constructor(parts = undefined, options = undefined) {
    [this.#bytes, this.#type] = partsOf(parts === undefined ? [] : parts, options);
  }

  get size() { return this.#bytes.length; }
  get type() { return this.#type; }

  slice(start = undefined, end = undefined, contentType = "") {
    const from = place(start, 0, this.#bytes.length), to = place(end, this.#bytes.length, this.#bytes.length);
    return made(slice(this.#bytes, from, Math.max(from, to)), typeOf(contentType));
  }

  stream() {
    let next = this.#bytes;
    return shared("streams").streamed({
      pull: () => {
        if (next.length === 0) return null;
        const chunk = copyOf(slice(next, 0, Math.min(next.length, 65536)));
        next = slice(next, chunk.length, next.length);
        return chunk;
      },
    });
  }

  async text() { return decode(this.#bytes, true); }
  async arrayBuffer() { return copyOf(this.#bytes).buffer; }
  async bytes() { return copyOf(this.#bytes); }
}

// place is where a slice begins or ends: what is negative counts from the end.
function place(value, otherwise, size) {
  if (value === undefined) return otherwise;
  const n = Math.trunc(Number(value)) || 0;
  return n < 0 ? Math.max(size + n, 0) : Math.min(n, size);
}

class File extends Blob {
  #name;
  #modified;

  constructor(parts, name, options = undefined) {
    need(2, arguments, "File");
    super(parts, options);
    this.#name = usv(name);
    const modified = options?.lastModified;
    this.#modified = modified === undefined ? Date.now() : Math.trunc(Number(modified)) || 0;
  }

  get name() { return this.#name; }
  get lastModified() { return this.#modified; }
  get webkitRelativePath() { return this.#name && ""; }

  static isFile(value) { return typeof value === "object" && value !== null && #name in value; }

  static {
    copied = (file) => new File([file], file.#name, { type: typeIn(file), lastModified: file.#modified });
  }
}
const { isFile } = File;
delete File.isFile;
describe(Blob, (blob) => isBlob(blob) ? made(bytesOf(blob), typeIn(blob)) : undefined);
describe(File, (file) => isFile(file) ? copied(file) : undefined);

// inspect returns what a Blob shows to people.
function inspect(value) {
  if (!isBlob(value)) return undefined;
  return isFile(value) ? { name: value.name, size: value.size, type: value.type, lastModified: value.lastModified } : { size: value.size, type: value.type };
}

return { Blob, File, isBlob, isFile, bytesOf, made, inspect };
