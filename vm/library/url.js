"use strict";
// URL: https://url.spec.whatwg.org/#url-class

const { describe, need } = shared("webidl");

const HREF = 0; // places of parts
const SEARCH = 9;

function partsOf(url, base) {
  const text = `${url}`;
  return base === undefined ? native.parse(text) : native.parse(text, `${base}`);
}

function valid(parts) {
  if (parts === null) throw new TypeError("Invalid URL");
  return parts;
}

class URL {
  #parts; // in their order
  #params = null; // made when first needed
  #stale = false; // the query is to be taken from the params

  constructor(url, base = undefined) {
    need(1, arguments, "URL");
    this.#parts = valid(partsOf(url, base));
  }

  static canParse(url, base = undefined) {
    need(1, arguments, "URL.canParse");
    return partsOf(url, base) !== null;
  }

  static parse(url, base = undefined) {
    need(1, arguments, "URL.parse");
    const parts = partsOf(url, base);
    return parts === null ? null : new URL(parts[HREF]);
  }

  #now() {
    if (this.#stale) {
      this.#stale = false;
      this.#parts = native.change(this.#parts[HREF], "search", shared("urlsearchparams").text(this.#params));
    }
    return this.#parts;
  }

  #change(part, value) {
    const text = `${value}`;
    this.#parts = native.change(this.#now()[HREF], part, text);
    if (part === "search") this.#reload();
  }

  #reload() {
    if (this.#params !== null) shared("urlsearchparams").load(this.#params, this.#parts[SEARCH].slice(1));
  }

  static shown(value) {
    if (!(#parts in value)) return undefined;
    const [href, origin, protocol, username, password, host, hostname, port, pathname, search, hash] = value.#now();
    return { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash };
  }

  get href() { return this.#now()[HREF]; }
  set href(value) {
    this.#parts = valid(partsOf(value));
    this.#stale = false;
    this.#reload();
  }

  get origin() { return this.#now()[1]; }
  get protocol() { return this.#now()[2]; }
  set protocol(value) { this.#change("protocol", value); }
  get username() { return this.#now()[3]; }
  set username(value) { this.#change("username", value); }
  get password() { return this.#now()[4]; }
  set password(value) { this.#change("password", value); }
  get host() { return this.#now()[5]; }
  set host(value) { this.#change("host", value); }
  get hostname() { return this.#now()[6]; }
  set hostname(value) { this.#change("hostname", value); }
  get port() { return this.#now()[7]; }
  set port(value) { this.#change("port", value); }
  get pathname() { return this.#now()[8]; }
  set pathname(value) { this.#change("pathname", value); }
  get search() { return this.#now()[SEARCH]; }
  set search(value) { this.#change("search", value); }
  get hash() { return this.#now()[10]; }
  set hash(value) { this.#change("hash", value); }

  get searchParams() {
    if (this.#params === null) {
      const { URLSearchParams, link } = shared("urlsearchparams");
      this.#params = new URLSearchParams(this.#parts[SEARCH]);
      link(this.#params, () => { this.#stale = true; });
    }
    return this.#params;
  }

  toString() { return this.#now()[HREF]; }
  toJSON() { return this.#now()[HREF]; }
}

// inspect returns what a URL shows to people.
const inspect = URL.shown;
delete URL.shown;

return { URL: describe(URL), inspect };
