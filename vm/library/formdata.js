"use strict";
// FormData: https://xhr.spec.whatwg.org/#interface-formdata

const { describe, need, usv } = shared("webidl");
const { iterable } = shared("pairs");

const noBlob = () => false;
let entriesOf, isFormData;

// entry is https://xhr.spec.whatwg.org/#create-an-entry
function entry(name, value, given, what) {
  const isBlob = typeof value === "object" && value !== null ? shared("blob").isBlob : noBlob;
  if (!isBlob(value)) {
    if (given.length > 2) throw new TypeError(`${what} takes a file name with a Blob only`);
    return [usv(name), usv(value)];
  }
  const { File, isFile } = shared("blob");
  if (given.length > 2 && given[2] !== undefined) {
    return [usv(name), new File([value], given[2], isFile(value) ? { type: value.type, lastModified: value.lastModified } : { type: value.type })];
  }
  return [usv(name), isFile(value) ? value : new File([value], "blob", { type: value.type })];
}

class FormData {
  #entries = []; // of [name, value]

  static {
    entriesOf = (form) => form.#entries;
    isFormData = (value) => typeof value === "object" && value !== null && #entries in value;
  }

  constructor(form = undefined) {
    if (form !== undefined) throw new TypeError("There are no forms of which to make a FormData");
  }

  append(name, value) {
    need(2, arguments, "append");
    this.#entries.push(entry(name, value, arguments, "append"));
  }

  delete(name) {
    need(1, arguments, "delete");
    const given = usv(name);
    this.#entries = this.#entries.filter((one) => one[0] !== given);
  }

  get(name) {
    need(1, arguments, "get");
    const given = usv(name);
    const found = this.#entries.find((one) => one[0] === given);
    return found ? found[1] : null;
  }

  getAll(name) {
    need(1, arguments, "getAll");
    const given = usv(name);
    return this.#entries.filter((one) => one[0] === given).map((one) => one[1]);
  }

  has(name) {
    need(1, arguments, "has");
    const given = usv(name);
    return this.#entries.some((one) => one[0] === given);
  }

  set(name, value) {
    need(2, arguments, "set");
    const given = entry(name, value, arguments, "set");
    const first = this.#entries.findIndex((one) => one[0] === given[0]);
    if (first < 0) this.#entries.push(given);
    else this.#entries = this.#entries.filter((one, i) => i <= first || one[0] !== given[0]).with(first, given);
  }
}
iterable(FormData, entriesOf);
describe(FormData);

// inspect returns what a FormData shows to people.
function inspect(value) { return isFormData(value) ? entriesOf(value) : undefined; }

return { FormData, isFormData, entriesOf, inspect };
