/**
 * What a stranger with a PeerId may do to yamux and to the protocols on it, with frames made by
 * hand.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { concat, limits } from "../../src/base/index.ts";
import {
  encodeEnvelope,
  encodeFrame,
  encodeLinkFrame,
  encodeSignalFrame,
  frameCapacity,
} from "../../src/wire/index.ts";
import type { Attack, Plan, Report } from "./attack.ts";
import {
  DATA,
  data,
  FIN,
  head,
  line,
  PING,
  type Raw,
  RST,
  rawHost,
  SYN,
  varint,
  WINDOW,
} from "./raw.ts";

/** Opens connections one after the other, each by a host of its own, and lets each do its worst. */
const each =
  (count: number, worst: (raw: Raw, plan: Plan) => Promise<number> | number): Attack =>
  async (plan): Promise<Report> => {
    const hosts: Awaited<ReturnType<typeof rawHost>>[] = [];
    const raws: Raw[] = [];
    // The time of the attack begins when all of them are connected.
    const ms = plan.until - Date.now();
    let refused = 0;
    for (let i = 0; i < count * plan.strength && Date.now() < plan.until; i++) {
      const host = await rawHost();
      hosts.push(host);
      const raw = await host.dial(plan.target, plan.from(i)).catch(() => undefined);
      if (raw === undefined) refused++;
      else raws.push(raw);
    }
    const until = Date.now() + ms;
    const written = await Promise.all(raws.map((raw) => worst(raw, { ...plan, until })));
    while (Date.now() < until && raws.some(({ open }) => open)) await sleep(20);
    const dropped = refused + raws.filter(({ open }) => !open).length;
    for (const raw of raws) raw.end();
    await Promise.all(hosts.map((host) => host.stop()));
    const bytes = written.reduce((sum, one) => sum + one, 0);
    return { opened: raws.length + refused, dropped, bytes };
  };

const zeros = (length: number): Uint8Array => new Uint8Array(length);
const LAN = "/sotto/lan/kad/1.0.0";
const LINK = "/sotto/link/1";

/** Frames of one stream that carry `piece`, until the end, within no window. */
const pour = (raw: Raw, id: number, { until }: Plan, piece: Uint8Array): Promise<number> => {
  const frame = data(id, piece);
  return raw.flood(until, () => frame);
};

/** One field of a Protocol Buffers message. */
const bytesField = (number: number, bytes: Uint8Array): Uint8Array =>
  concat(Uint8Array.of((number << 3) | 2), varint(bytes.length), bytes);

const KAD = { put: 0, get: 1, addProvider: 2, findNode: 4 } as const;

/** A request to the DHT, with its length in front. */
export function kad(type: number, key: Uint8Array, value?: Uint8Array): Uint8Array {
  const record =
    value === undefined
      ? new Uint8Array()
      : bytesField(3, concat(bytesField(1, key), bytesField(2, value)));
  const message = concat(Uint8Array.of(8, type), bytesField(2, key), record);
  return concat(varint(message.length), message);
}

const noise = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65_536)));
  return bytes;
};

const tagKey = (): Uint8Array => concat(new TextEncoder().encode("/sotto/"), noise(32));

/** Opens a stream for each message, as fast as they are taken. */
const asked =
  (protocol: string, next: () => Uint8Array) =>
  (raw: Raw, { until }: Plan): Promise<number> =>
    raw.flood(until, () =>
      concat(
        ...Array.from({ length: 50 }, () => {
          const id = raw.number();
          const lines = concat(line("/multistream/1.0.0"), line(protocol), next());
          return concat(head(WINDOW, SYN, id, 0), data(id, lines), head(WINDOW, FIN, id, 0));
        }),
      ),
    );

/**
 * Opens streams at a pace below the limit of a connection, each with one message, and resets each
 * soon after: it wants the node to work and to hold nothing for it.
 */
const paced =
  (protocol: string, perSecond: number, next: () => Uint8Array) =>
  async (raw: Raw, { until }: Plan): Promise<number> => {
    const open: number[] = [];
    while (Date.now() < until && raw.open) {
      const id = raw.number();
      const lines = concat(line("/multistream/1.0.0"), line(protocol), next());
      raw.write(concat(head(WINDOW, SYN, id, 0), data(id, lines)));
      open.push(id);
      const oldest = open.length > perSecond / 20 ? open.shift() : undefined;
      if (oldest !== undefined) raw.write(head(WINDOW, RST, oldest, 0));
      await sleep(1_000 / perSecond);
    }
    return 0;
  };

/** A hello that no key of the node made. */
const helloUnderNoKey = () =>
  encodeFrame(
    encodeLinkFrame({
      type: "hello",
      index: noise(8),
      nonce: noise(32),
      tag: noise(32),
      sealed: noise(49),
    }),
  );

export const yamuxAttacks: Readonly<Record<string, Attack>> = {
  "a yamux frame of four gigabytes": each(2, (raw, { until }) => {
    raw.write(head(DATA, SYN, raw.number(), 0xffff_ffff));
    return raw.flood(until, () => zeros(65_536));
  }),
  "a yamux frame of four gigabytes for no stream": each(2, (raw, { until }) => {
    raw.write(head(DATA, 0, 99, 0xffff_fff0));
    return raw.flood(until, () => zeros(65_536));
  }),
  "more than the window of a stream": each(2, (raw, plan) => {
    const id = raw.number();
    raw.write(head(WINDOW, SYN, id, 0));
    return pour(raw, id, plan, zeros(200_000));
  }),
  "streams opened without end": each(2, (raw, { until }) =>
    raw.flood(until, () =>
      concat(...Array.from({ length: 200 }, () => head(WINDOW, SYN, raw.number(), 0))),
    ),
  ),
  "streams opened and reset without end": each(2, (raw, { until }) =>
    raw.flood(until, () =>
      concat(
        ...Array.from({ length: 100 }, () => {
          const id = raw.number();
          return concat(head(WINDOW, SYN, id, 0), head(WINDOW, RST, id, 0));
        }),
      ),
    ),
  ),
  "yamux pings whose answers nobody reads": each(2, (raw, { until }) => {
    raw.deafen();
    const pings = concat(...Array.from({ length: 1_000 }, (_, i) => head(PING, SYN, 0, i)));
    return raw.flood(until, () => pings);
  }),
  "pings whose echo nobody reads": each(2, (raw, plan) => {
    raw.deafen();
    return pour(raw, raw.ask("/ipfs/ping/1.0.0"), plan, zeros(60_000));
  }),
  "a byte at a time of a stream's first line": each(3, async (raw, { until, pause }) => {
    const ids = Array.from({ length: 16 }, () => raw.number());
    for (const id of ids) raw.write(head(WINDOW, SYN, id, 0));
    for (let at = 0; Date.now() < until; at++) {
      for (const id of ids)
        raw.write(data(id, line("/multistream/1.0.0").subarray(at % 19, (at % 19) + 1)));
      await sleep(pause);
    }
    return 0;
  }),
  "a stream's first line of four gigabytes": each(2, (raw, plan) => {
    const id = raw.number();
    raw.write(head(WINDOW, SYN, id, 0));
    raw.write(data(id, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)));
    return pour(raw, id, plan, zeros(16_384));
  }),
  "DHT messages of four megabytes": each(2, (raw, plan) => {
    const id = raw.ask(LAN);
    raw.write(data(id, varint(4 * 1024 * 1024)));
    return pour(raw, id, plan, zeros(16_384));
  }),
  "DHT messages a byte at a time": each(3, async (raw, { until, pause }) => {
    const id = raw.ask(LAN);
    raw.write(data(id, varint(400)));
    while (Date.now() < until) {
      raw.write(data(id, Uint8Array.of(7)));
      await sleep(pause);
    }
    return 0;
  }),
  "DHT questions whose answers nobody reads": each(2, (raw, plan) => {
    const id = raw.ask(LAN);
    raw.deafen();
    const question = kad(KAD.findNode, tagKey());
    return pour(raw, id, plan, concat(...Array.from({ length: 50 }, () => question)));
  }),
  "records that nobody signed": each(
    2,
    asked(LAN, () => kad(KAD.put, tagKey(), noise(limits.recordBytes))),
  ),
  "provider records": each(
    2,
    asked(LAN, () => kad(KAD.addProvider, noise(34))),
  ),
  "a link's frame a byte at a time": each(3, async (raw, { until, pause }) => {
    const id = raw.ask(LINK);
    const frame = encodeFrame(zeros(frameCapacity));
    for (let at = 0; Date.now() < until; at++) {
      raw.write(data(id, frame.subarray(at, at + 1)));
      await sleep(pause);
    }
    return 0;
  }),
  "a link's frame of four gigabytes": each(2, (raw, plan) => {
    const id = raw.ask(LINK);
    raw.write(data(id, Uint8Array.of(0xff, 0xff, 0xff, 0xff)));
    return pour(raw, id, plan, zeros(16_384));
  }),
  "hellos of nobody": each(2, asked(LINK, helloUnderNoKey)),
  "hellos under no key, each reset at once": each(20, paced(LINK, 25, helloUnderNoKey)),
  "link frames after link frames, without a hello": each(2, (raw, plan) => {
    const id = raw.ask(LINK);
    return pour(raw, id, plan, encodeFrame(zeros(200)));
  }),
  "questions to dial back": each(
    2,
    asked("/sotto/dialback/1", () => encodeFrame(new TextEncoder().encode("/ip4/127.0.0.1/tcp/9"))),
  ),
  "envelopes for nobody": each(
    2,
    asked("/sotto/signal/1", () => encodeFrame(noise(240))),
  ),
  "envelopes for alice under no key": each(
    20,
    paced("/sotto/signal/1", 25, () =>
      encodeFrame(
        encodeSignalFrame({
          kind: "deliver",
          host: "12D3KooWanother",
          envelope: encodeEnvelope({ nonce: noise(32), tag: noise(32), sealed: noise(80) }),
        }),
      ),
    ),
  ),
};
