"use strict";
// The bodies of Request and Response: https://fetch.spec.whatwg.org/#body-mixin

const { usv } = shared("webidl");
const { encode, decode, json, copyOf, join } = shared("bytes");
const { then, resolved, deferred } = shared("settling");

const notBytes = () => new TypeError("A chunk of a body must be a Uint8Array");

// Body is the record of a body. It begins as bytes, or as a source: {pull, cancel}, of which pull returns a promise for the next
// chunk, or for null at the end. It becomes a ReadableStream when a script asks for one.
class Body {
  stream = undefined;

  constructor(bytes, source = undefined, text = false, used = false) {
    this.bytes = bytes;
    this.source = source;
    this.text = text; // the bytes were given as a text
    this.used = used;
  }

  #record() { return this.stream && shared("streams").recordOf(this.stream); }

  isUsed() { return this.used || Boolean(this.#record()?.disturbed); }

  // own throws where the body was read, or is being read, by somebody else.
  own() {
    if (this.isUsed()) throw new TypeError("The body was read already");
    if (this.#record()?.reader) throw new TypeError("The body is locked to a reader");
  }

  // asStream returns the stream of the body.
  asStream() {
    if (!this.stream) {
      this.stream = shared("streams").streamed(this.source ?? sourceOf(this.bytes));
      if (this.used) this.#finish();
    }
    return this.stream;
  }

  // reader returns a reader of the stream, which stays locked to it.
  #reader() { return new (shared("streams").Reader)(this.#record()); }

  // finish ends the stream of a body that was read otherwise.
  #finish() {
    this.#record().end();
    this.#reader();
  }

  // chunks returns the rest of the body as a source.
  #chunks() {
    if (!this.stream) return this.source;
    const reader = this.#reader();
    return {
      pull() {
        const chunk = deferred();
        take(reader, chunk.resolve, () => chunk.resolve(null), chunk.reject);
        return chunk.promise;
      },
      cancel: (reason) => reader.stream.cancel(reason),
    };
  }

  // take returns all bytes of the body where they are there, and uses it up; undefined where they have yet to come.
  take() {
    if (!this.bytes || this.stream) return undefined;
    this.own();
    this.used = true;
    return this.bytes;
  }

  // read returns a promise for what a function makes of all bytes of the body, which is used up by it. It makes no promise for
  // bytes of a stream: where a script gives all objects a method then, it would choose what they become.
  async read(convert) {
    this.own();
    this.used = true;
    if (this.bytes) {
      if (this.stream) this.#finish();
      return convert(this.bytes);
    }
    const list = [];
    if (this.stream) await drained(this.#reader(), list);
    else for (let chunk = await this.source.pull(); chunk !== null; chunk = await this.source.pull()) list.push(chunk);
    return convert(join(list));
  }

  // branch returns another body with the same content.
  branch() {
    this.own();
    if (!this.stream && this.bytes) return new Body(this.bytes, undefined, this.text);
    const { recordOf, opened } = shared("streams");
    const [first, second] = shared("stream_branches").tee(recordOf(this.asStream()), shared("clone").structuredClone);
    this.stream = opened(first);
    this.bytes = this.source = undefined;
    return ofStream(opened(second));
  }

  // handOver returns the content as another body, and leaves this one used.
  handOver() {
    this.own();
    const other = this.stream ? new Body(undefined, this.#chunks()) : new Body(this.bytes, this.source, this.text);
    if (this.stream) this.#record().disturbed = true;
    this.used = true;
    return other;
  }
}

// take gives the next chunk of a stream of bytes to one of three functions.
function take(reader, chunk, close, fail) {
  reader.stream.read({
    chunk(value) {
      if (value instanceof Uint8Array) return chunk(copyOf(value));
      const error = notBytes();
      reader.stream.cancel(error);
      fail(error);
    },
    close,
    fail,
  });
}

// drained appends the rest of a stream to a list, and returns a promise for its end.
function drained(reader, list) {
  const end = deferred();
  const next = () => take(reader, (bytes) => {
    list.push(bytes);
    then(resolved(), next);
  }, end.resolve, end.reject);
  next();
  return end.promise;
}

function ofStream(stream) {
  const body = new Body();
  body.stream = stream;
  return body;
}

function sourceOf(bytes) {
  let next = bytes.length > 0 ? bytes : null;
  return {
    async pull() {
      const chunk = next && copyOf(next);
      next = null;
      return chunk;
    },
  };
}

// extract returns a body, and the content type that it has by itself: https://fetch.spec.whatwg.org/#concept-bodyinit-extract
function extract(value) {
  if (typeof value === "object" && value !== null) {
    const blobs = shared("blob", true); // where nobody opened it, there are none
    if (blobs?.isBlob(value)) return { body: new Body(blobs.bytesOf(value)), type: value.type || null };
    if (shared("formdata", true)?.isFormData(value)) {
      const { bytes, type } = shared("form").encoded(value);
      return { body: new Body(bytes), type };
    }
    const streams = shared("streams", true);
    if (streams?.isStream(value)) {
      const { disturbed, reader } = streams.recordOf(value);
      if (disturbed || reader) throw new TypeError("The stream was read already, or is locked to a reader");
      return { body: ofStream(value), type: null };
    }
    const bytes = copyOf(value);
    if (bytes) return { body: new Body(bytes), type: null };
    const params = shared("urlsearchparams", true);
    if (params?.isParams(value)) {
      return { body: new Body(encode(params.text(value)), undefined, true), type: "application/x-www-form-urlencoded;charset=UTF-8" };
    }
  }
  return { body: new Body(encode(usv(value)), undefined, true), type: "text/plain;charset=UTF-8" };
}

// own returns bytes that a script may have: not those of the body itself, which it may share with others.
function own(bytes, body) { return body && bytes === body.bytes ? copyOf(bytes) : bytes; }

// forms are what the content of a body can be read as, by the names of the methods. headers returns the headers of the message.
const forms = {
  arrayBuffer: (bytes, body) => own(bytes, body).buffer,
  blob: (bytes, body, headers) => shared("blob").made(bytes, native.mimeType(headers().get("content-type") ?? "")),
  bytes: own,
  formData: (bytes, body, headers) => shared("form").decoded(bytes, headers().get("content-type")),
  json: (bytes) => json(bytes),
  text: (bytes) => decode(bytes),
};

// read returns a promise for the content of a body, which may be null, in one of the forms.
function read(body, form, headers) {
  const convert = forms[form];
  if (!body) return resolved(convert(new Uint8Array(0), body, headers));
  const bytes = body.take();
  return bytes ? resolved(convert(bytes, body, headers)) : body.read((all) => convert(all, body, headers));
}

// received returns the body of a response that came as a whole.
function received(state) { return new Body(native.content(state), undefined, false, state.used); }

return { Body, extract, read, received };
