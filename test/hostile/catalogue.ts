/** Every attack, and when the node is rid of the attacker. */

/**
 * `once`: dropped at the first offence. `soon`: by the time limit of its step, within a few
 * seconds. `borne`: nobody is dropped for it alone; the cost is bounded.
 */
export type Fate = "once" | "soon" | "borne";

export const catalogue: Readonly<Record<string, Readonly<Record<string, Fate>>>> = {
  "before Noise": {
    "silent sockets": "soon",
    "a byte at a time of the first line": "soon",
    "a byte at a time of the Noise handshake": "soon",
    "garbage instead of a first line": "once",
    "a first line of four gigabytes": "once",
    "protocols proposed without end": "once",
    "a wrong Noise handshake": "soon",
    "sockets that come and go": "borne",
  },
  "in yamux": {
    "a yamux frame of four gigabytes": "once",
    "a yamux frame of four gigabytes for no stream": "once",
    "more than the window of a stream": "once",
    "streams opened without end": "once",
    "streams opened and reset without end": "once",
    "yamux pings whose answers nobody reads": "once",
  },
  "on streams": {
    "a byte at a time of a stream's first line": "borne",
    "a stream's first line of four gigabytes": "once",
    "pings whose echo nobody reads": "once",
    "questions to dial back": "once",
    "envelopes for nobody": "once",
    "envelopes for alice under no key": "borne",
  },
  "in the DHT": {
    "DHT messages of four megabytes": "once",
    "DHT messages a byte at a time": "borne",
    "DHT questions whose answers nobody reads": "soon",
    "records that nobody signed": "once",
    "provider records": "once",
  },
  "on links": {
    "a link's frame a byte at a time": "borne",
    "a link's frame of four gigabytes": "once",
    "hellos of nobody": "once",
    "hellos under no key, each reset at once": "borne",
    "link frames after link frames, without a hello": "soon",
  },
  "by invites": {
    "claims of a used invite": "borne",
    "made-up accounts by a reusable invite": "borne",
    "made-up accounts with the names and ids of a contact": "borne",
  },
  "by a contact": {
    "long texts of rare words": "borne",
    "edits of one message": "borne",
    "reactions to a long message": "borne",
  },
  "by whole hosts": {
    "hosts with thousands of addresses and protocols": "borne",
    "hosts that come and go": "borne",
    "hosts that take every place": "borne",
  },
};

/** What of a report breaks the promise; `undefined` where all is well. */
export function spared(
  name: string,
  fate: Fate,
  { opened, dropped }: { readonly opened: number; readonly dropped: number },
  patient: boolean,
): string | undefined {
  const due = fate === "once" || (fate === "soon" && patient);
  return due && dropped < opened
    ? `${name}: ${opened - dropped} of ${opened} were kept`
    : undefined;
}
