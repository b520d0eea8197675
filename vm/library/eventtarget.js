"use strict";
// EventTarget: https://dom.spec.whatwg.org/#interface-eventtarget

const { describe, need, dictionary } = shared("webidl");
const { DOMException } = shared("exception");
const { phases, isEvent, stateOf, trust } = shared("event");
const { apply } = Reflect;
const { slice, splice } = Array.prototype;

// capturing returns what the options of a listener, or a boolean in their place, say of the phase.
function capturing(options) {
  if (options === null || typeof options !== "object" && typeof options !== "function") return !!options;
  return !!options.capture;
}

function callbackOf(value) {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError("An event listener must be a function or an object");
  return value;
}

class EventTarget {
  #listeners = { __proto__: null }; // by type, in their order
  #handlers; // event handlers such as onabort, by type

  addEventListener(type, callback, options = undefined) {
    need(2, arguments, "addEventListener");
    const name = `${type}`;
    const listener = { callback: callbackOf(callback), capture: capturing(options), once: false, passive: false, removed: false };
    let signal;
    if (options !== null && (typeof options === "object" || typeof options === "function")) {
      listener.once = !!options.once;
      listener.passive = !!options.passive;
      signal = options.signal;
      if (signal !== undefined && !shared("abort").isSignal(signal)) throw new TypeError("The signal of a listener must be an AbortSignal");
    }
    const list = this.#list(name);
    if (signal?.aborted || listener.callback === null || find(list, listener.callback, listener.capture) >= 0) return;
    list[list.length] = listener;
    if (signal !== undefined) shared("abort").onAbort(signal, () => remove(this.#listeners[name], listener));
  }

  removeEventListener(type, callback, options = undefined) {
    need(2, arguments, "removeEventListener");
    const name = `${type}`;
    const list = this.#list(name);
    const at = find(list, callbackOf(callback), capturing(options));
    if (at >= 0) remove(list, list[at]);
  }

  dispatchEvent(event) {
    need(1, arguments, "dispatchEvent");
    if (!isEvent(event)) throw new TypeError("The argument of dispatchEvent must be an Event");
    const state = stateOf(event);
    if (state.dispatched || !state.initialized) throw new DOMException("The event is being dispatched already", "InvalidStateError");
    state.trusted = false;
    return dispatch(this, event);
  }

  #list(name) { return this.#listeners[name] ??= []; }

  static listeners(target, type) { return target.#listeners[type]; }

  static handler(target, type) { return target.#handlers?.[type]?.value ?? null; }

  // setHandler sets an event handler: https://html.spec.whatwg.org/multipage/webappapis.html#event-handlers
  static setHandler(target, type, value) {
    const handlers = target.#handlers ??= { __proto__: null };
    const old = handlers[type];
    if (value === null || typeof value !== "object" && typeof value !== "function") {
      if (old !== undefined) remove(target.#listeners[type], old.listener);
      handlers[type] = undefined;
    } else if (old !== undefined) {
      old.value = value;
    } else {
      const handler = { value };
      handler.listener = {
        capture: false, once: false, passive: false, removed: false,
        callback(event) {
          if (typeof handler.value === "function" && apply(handler.value, this, [event]) === false) event.preventDefault();
        },
      };
      handlers[type] = handler;
      const list = target.#list(type);
      list[list.length] = handler.listener;
    }
  }
}

const { listeners, handler, setHandler } = EventTarget;
for (const name of ["listeners", "handler", "setHandler"]) delete EventTarget[name];
describe(EventTarget);

function find(list, callback, capture) {
  for (let i = 0; i < list.length; i++) {
    if (list[i].callback === callback && list[i].capture === capture) return i;
  }
  return -1;
}

function remove(list, listener) {
  listener.removed = true;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === listener) {
      apply(splice, list, [i, 1]);
      return;
    }
  }
}

// dispatch is https://dom.spec.whatwg.org/#concept-event-dispatch for a target that is in no tree.
function dispatch(target, event) {
  const state = stateOf(event);
  state.dispatched = true;
  state.target = target;
  state.phase = phases.AT_TARGET;
  invoke(target, event, state, true);
  invoke(target, event, state, false);
  state.phase = phases.NONE;
  state.currentTarget = null;
  state.dispatched = state.stopped = state.stoppedAtOnce = false;
  return !state.canceled;
}

// invoke calls the listeners of one phase. What they throw fails the run, and the others are called all the same.
function invoke(target, event, state, capture) {
  const list = listeners(target, state.type);
  if (state.stopped || list === undefined) return;
  state.currentTarget = target;
  const called = apply(slice, list, []); // those that are added meanwhile are not called
  for (let i = 0; i < called.length && !state.stoppedAtOnce; i++) {
    const listener = called[i];
    if (listener.removed || listener.capture !== capture) continue;
    if (listener.once) remove(list, listener);
    state.passive = listener.passive;
    try {
      call(listener.callback, target, event);
    } catch (error) {
      native.report(error);
    }
    state.passive = false;
  }
}

function call(callback, target, event) {
  if (typeof callback === "function") {
    apply(callback, target, [event]);
    return;
  }
  const { handleEvent } = callback;
  if (typeof handleEvent !== "function") throw new TypeError("The handleEvent of an event listener is not a function");
  apply(handleEvent, callback, [event]);
}

// fire dispatches an event of the platform's own.
function fire(target, type) { return dispatch(target, trust(type)); }

return { EventTarget, handler, setHandler, fire };
