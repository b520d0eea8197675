"use strict";
// EventTarget: https://dom.spec.whatwg.org/#interface-eventtarget

const { describe, need, dictionary } = shared("webidl");
const { DOMException } = shared("exception");
const { phases, isEvent, stateOf, trust } = shared("event");
const { apply } = Reflect;
const ListenerMap = Map;
const { get, set, has, delete: drop, forEach } = Map.prototype;

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
  #listeners = { __proto__: null }; // by type: two Maps of them by their callback, the second of those that capture
  #handlers; // event handlers such as onabort, by type

  addEventListener(type, callback, options = undefined) {
    need(2, arguments, "addEventListener");
    const name = `${type}`;
    const listener = { callback: callbackOf(callback), once: false, passive: false, removed: false };
    const capture = capturing(options);
    let signal;
    if (options !== null && (typeof options === "object" || typeof options === "function")) {
      listener.once = !!options.once;
      listener.passive = !!options.passive;
      signal = options.signal;
      if (signal !== undefined && !shared("abort").isSignal(signal)) throw new TypeError("The signal of a listener must be an AbortSignal");
    }
    if (signal?.aborted || listener.callback === null) return;
    const map = this.#map(name, capture);
    if (apply(has, map, [listener.callback])) return;
    apply(set, map, [listener.callback, listener]);
    if (signal !== undefined) shared("abort").onAbort(signal, () => remove(map, listener));
  }

  removeEventListener(type, callback, options = undefined) {
    need(2, arguments, "removeEventListener");
    const map = this.#map(`${type}`, capturing(options));
    const listener = apply(get, map, [callbackOf(callback)]);
    if (listener !== undefined) remove(map, listener);
  }

  dispatchEvent(event) {
    need(1, arguments, "dispatchEvent");
    if (!isEvent(event)) throw new TypeError("The argument of dispatchEvent must be an Event");
    const state = stateOf(event);
    if (state.dispatched || !state.initialized) throw new DOMException("The event is being dispatched already", "InvalidStateError");
    state.trusted = false;
    return dispatch(this, event);
  }

  #map(name, capture) { return (this.#listeners[name] ??= [new ListenerMap(), new ListenerMap()])[capture ? 1 : 0]; }

  static listeners(target, type, capture) { return target.#listeners[type]?.[capture ? 1 : 0]; }

  static handler(target, type) { return target.#handlers?.[type]?.value ?? null; }

  // setHandler sets an event handler: https://html.spec.whatwg.org/multipage/webappapis.html#event-handlers
  static setHandler(target, type, value) {
    const handlers = target.#handlers ??= { __proto__: null };
    const old = handlers[type];
    const map = target.#map(type, false);
    if (value === null || typeof value !== "object" && typeof value !== "function") {
      if (old !== undefined) remove(map, old.listener);
      handlers[type] = undefined;
    } else if (old !== undefined) {
      old.value = value;
    } else {
      const handler = { value };
      const callback = function (event) {
        if (typeof handler.value === "function" && apply(handler.value, this, [event]) === false) event.preventDefault();
      };
      handler.listener = { callback, once: false, passive: false, removed: false };
      handlers[type] = handler;
      apply(set, map, [callback, handler.listener]);
    }
  }
}

const { listeners, handler, setHandler } = EventTarget;
delete EventTarget.listeners;
delete EventTarget.handler;
delete EventTarget.setHandler;
describe(EventTarget);

function remove(map, listener) {
  if (listener.removed) return;
  listener.removed = true;
  apply(drop, map, [listener.callback]);
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
  const map = listeners(target, state.type, capture);
  if (state.stopped || map === undefined) return;
  state.currentTarget = target;
  const called = []; // those that are added meanwhile are not called
  apply(forEach, map, [(listener) => { called[called.length] = listener; }]);
  for (let i = 0; i < called.length && !state.stoppedAtOnce; i++) {
    const listener = called[i];
    if (listener.removed) continue;
    if (listener.once) remove(map, listener);
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
