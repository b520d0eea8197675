// What tests of the suite take for granted of a browser and have for a means, not an end; input says which file of
// tests it is.
(() => {
  const { file, search, window } = input;

  const parts = {
    protocol: "https:",
    host: "web-platform.test",
    hostname: "web-platform.test",
    port: "",
    pathname: "/" + file.slice(0, -"js".length) + "html",
    search,
    hash: "",
  };
  const origin = parts.protocol + "//" + parts.host;
  const href = origin + parts.pathname + search;

  // A realm has no place of its own, from which the addresses in tests start. The host has the files of the suite there.
  const { fetch: send, Request, Response } = globalThis;
  const absolute = (url) => (url instanceof Request ? url : new URL(url, href).href);
  const fetch = (url, ...rest) => new Promise((resolve) => resolve(send(absolute(url), ...rest)));
  if (!file.includes("idlharness")) {
    const { redirect } = Response;
    Response.redirect = (url, ...rest) => redirect(absolute(url), ...rest);
    globalThis.Request = new Proxy(Request, {
      construct: (_, args, target) => Reflect.construct(Request, args.length > 0 ? args.with(0, absolute(args[0])) : args, target),
    });
  }

  // FileReader is how some tests look at what is in a Blob.
  class FileReader {
    readAsText(blob) {
      this.#read(blob.text());
    }

    readAsArrayBuffer(blob) {
      this.#read(blob.arrayBuffer());
    }

    async #read(content) {
      try {
        this.result = await content;
      } catch (e) {
        this.onerror?.(e);
        return;
      }
      this.onload?.({ target: this });
    }
  }

  // A realm has no eval and no Function. Tests of interfaces ask for the value of expressions, which are functions of evaluated
  // by the time that they run, and for what functions inherit from.
  const evaluated = {};
  const evaluate = (text) => evaluated[text]();
  const Function = () => {};
  Function.prototype = Object.getPrototypeOf(Function);

  globalThis.self ??= globalThis;
  if (!window) {
    globalThis.DedicatedWorkerGlobalScope = class {
      static [Symbol.hasInstance](object) {
        return object === globalThis;
      }
    };
  }
  Object.assign(globalThis, {
    GLOBAL: { isWindow: () => window, isWorker: () => !window, isShadowRealm: () => false },
    location: { ...parts, origin, href, toString: () => href },
    FileReader,
    Function,
    eval: evaluate,
    evaluated,
    fetch,
    fetch_json: async (url) => (await fetch(url)).json(),
  });
})();
