// What tests of the suite take for granted of a browser and have for a means, not an end. The function wpt.read of the host
// returns the text of a file of the suite; input says which file of tests it is.
(() => {
  const { wpt } = globalThis;
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

  // fetch returns files of the suite, and nothing else.
  const fetch = async (url) => {
    const text = await wpt.read(String(url));
    return { ok: true, status: 200, text: async () => text, json: async () => JSON.parse(text) };
  };

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
    fetch,
    fetch_json: async (url) => (await fetch(url)).json(),
  });
})();
