/** The body of a request, the payload of an event, or what the run was started with, where that is an object; {} otherwise. */
declare const input: { [name: string]: any };
/** The run, frozen. */
declare const context: {
  readonly tenant: { readonly id: string };
  readonly script: { readonly id: string; readonly name: string; readonly version: number };
  readonly execution: {
    readonly id: string;
    /** 1 for the first try. */
    readonly attempt: number;
  };
  /** What started the run. Properties that do not belong to the type are not there. */
  readonly trigger: {
    readonly type: "cron" | "http" | "event" | "manual" | "api";
    readonly eventType?: string;
    readonly eventId?: string;
    readonly httpMethod?: string;
    readonly httpPath?: string;
    readonly cronTrigger?: string;
    /** The instant of the schedule, in RFC 3339 and UTC. */
    readonly scheduledAt?: string;
    /** The decoded body, or the event's payload; not there where that is null. */
    readonly payload?: any;
    readonly request?: {
      readonly method: string;
      readonly path: string;
      /** The values of the path's wildcards. */
      readonly params: { readonly [name: string]: string };
      readonly query: { readonly [name: string]: readonly string[] };
      /** Names are in lower case. */
      readonly headers: { readonly [name: string]: string };
      /** The body as it was sent, as text. */
      readonly text: string;
      /** The exact body, in a Uint8Array of its own each time. */
      bytes(): ReturnType<TextEncoder["encode"]>;
    };
  };
  readonly metadata: { readonly [name: string]: string };
  readonly secrets: {
    /** Resolves to the value of a secret. */
    get(name: string): Promise<string>;
  };
  /** Lets the run go on until the promise has settled. */
  waitUntil(promise: PromiseLike<any>): void;
};
declare const events: {
  /** Starts the tenant's scripts that subscribe to the type, and resolves to the event's id. */
  publish(type: string, payload?: any): Promise<string>;
};
/** What a call is rejected with where the script has made its API calls of a minute. */
declare class RateLimitError extends Error {
  /** Seconds until a call is free again. */
  readonly retryAfter?: number;
}
