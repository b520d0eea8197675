"use strict";
// AbortController and AbortSignal: https://dom.spec.whatwg.org/#aborting-ongoing-activities

const { describe, need, unsigned } = shared("webidl");
const { DOMException } = shared("exception");
const { EventTarget, handler, setHandler, fire } = shared("eventtarget");

const { getPrototypeOf } = Object;

const own = {}; // with which this module makes signals

class AbortSignal extends EventTarget {
  #state = {
    aborted: false, reason: undefined,
    algorithms: undefined, // what is to be done on abort, in its order
    sources: undefined, // a Set of the signals that a dependent signal follows
    dependents: undefined, // a Set of the signals that follow this one
  };

  constructor(token = undefined) {
    if (token !== own) throw new TypeError("An AbortSignal is made by an AbortController");
    super();
  }

  static abort(reason = undefined) {
    const signal = new AbortSignal(own);
    signal.#state.aborted = true;
    signal.#state.reason = reasonOf(reason);
    return signal;
  }

  static timeout(milliseconds) {
    need(1, arguments, "AbortSignal.timeout");
    const signal = new AbortSignal(own);
    native.later(unsigned(milliseconds), () => abort(signal, new DOMException("The operation timed out", "TimeoutError")));
    return signal;
  }

  static any(signals) {
    need(1, arguments, "AbortSignal.any");
    const all = [];
    for (const signal of signals) {
      if (!isSignal(signal)) throw new TypeError("AbortSignal.any takes AbortSignals");
      all[all.length] = signal;
    }
    return dependent(all);
  }

  static state(signal) { return signal.#state; }
  static is(value) { return #state in value; }

  get aborted() { return this.#state.aborted; }
  get reason() { return this.#state.reason; }
  throwIfAborted() { if (this.#state.aborted) throw this.#state.reason; }
  get onabort() { return this.#state && handler(this, "abort"); }
  set onabort(value) { if (this.#state) setHandler(this, "abort", value); }
}

const { state: stateOf, is: hasState } = AbortSignal;
delete AbortSignal.state;
delete AbortSignal.is;
describe(AbortSignal);

function isSignal(value) { return typeof value === "object" && value !== null && hasState(value); }

function reasonOf(reason) { return reason === undefined ? new DOMException("The operation was aborted", "AbortError") : reason; }

// dependent makes a signal that follows others: https://dom.spec.whatwg.org/#create-a-dependent-abort-signal
function dependent(signals) {
  const result = new AbortSignal(own);
  const state = stateOf(result);
  for (let i = 0; i < signals.length; i++) {
    const { aborted, reason } = stateOf(signals[i]);
    if (aborted) {
      state.aborted = true;
      state.reason = reason;
      return result;
    }
  }
  state.sources = new Set();
  const follow = (source) => {
    state.sources.add(source);
    (stateOf(source).dependents ??= new Set()).add(result);
  };
  for (let i = 0; i < signals.length; i++) {
    const { sources } = stateOf(signals[i]);
    if (sources === undefined) follow(signals[i]);
    else sources.forEach(follow);
  }
  return result;
}

// abort is https://dom.spec.whatwg.org/#abortsignal-signal-abort
function abort(signal, reason) {
  const state = stateOf(signal);
  if (state.aborted) return;
  state.aborted = true;
  state.reason = reason;
  const following = [];
  state.dependents?.forEach((other) => {
    const { aborted, sources } = stateOf(other);
    sources.forEach((source) => { if (source !== signal) stateOf(source).dependents?.delete(other); });
    if (aborted) return;
    stateOf(other).aborted = true;
    stateOf(other).reason = reason;
    following[following.length] = other;
  });
  state.dependents = undefined;
  run(signal);
  for (let i = 0; i < following.length; i++) run(following[i]);
}

// run does what is to be done when a signal is aborted.
function run(signal) {
  const { algorithms } = stateOf(signal);
  stateOf(signal).algorithms = undefined;
  algorithms?.forEach((algorithm) => algorithm());
  fire(signal, "abort");
}

// onAbort has the library do something when a signal that is not aborted will be. It returns a function that calls this off.
function onAbort(signal, algorithm) {
  const state = stateOf(signal);
  const algorithms = state.algorithms ??= new Set();
  algorithms.add(algorithm);
  return () => algorithms.delete(algorithm);
}

class AbortController {
  #signal = new AbortSignal(own);

  get signal() { return this.#signal; }
  abort(reason = undefined) { abort(this.#signal, reasonOf(reason)); }
}

describe(AbortController);

// inspect returns what a signal shows to people.
function inspect(value) {
  if (typeof value !== "object" || value === null || !hasState(value)) return undefined;
  const { aborted, reason } = stateOf(value);
  const prototype = getPrototypeOf(value);
  return aborted ? { __proto__: prototype, aborted, reason } : { __proto__: prototype, aborted };
}

return { AbortController, AbortSignal, isSignal, onAbort, dependent, inspect };
