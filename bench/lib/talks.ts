/** What is measured of the two sides of a conversation, of any program. */
import type { Peer, Side, Talk } from "../peers/peer.ts";

/** µs for one of each; a ping-pong is a message and its answer, sealed and opened. */
export interface Times {
  readonly seal: number;
  readonly open: number;
  readonly pingPong: number;
}

const text = (length: number) => new Uint8Array(length).fill(97);

async function eachTakes(count: number, job: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await job();
  return ((performance.now() - started) * 1000) / count;
}

/**
 * Lets go of what the one before left behind: finalizers of native objects would otherwise run in
 * our time. Not a whole collection: that shrinks the young generation to its smallest, and what
 * allocates most, ours, then pays for its growth.
 */
async function settle(): Promise<void> {
  globalThis.gc?.({ type: "minor" });
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Seals `count` messages, then opens them, then says as many words and answers. Each gives the time
 * of one, in µs.
 */
export async function timesOf(talk: Talk, length: number, count: number): Promise<Times> {
  const plaintext = text(length);
  const messages: unknown[] = [];
  await settle();
  for (let i = 0; i < 5; i++) await pass(talk.alice, talk.bob, plaintext);
  const seal = await eachTakes(count, async () => {
    for (let i = 0; i < count; i++) messages.push(await talk.alice.seal(plaintext));
  });
  const open = await eachTakes(count, async () => talk.bob.openAll(messages));
  const pingPong = await eachTakes(count, async () => {
    for (let i = 0; i < count; i++) {
      await pass(talk.alice, talk.bob, plaintext);
      await pass(talk.bob, talk.alice, plaintext);
    }
  });
  return { seal, open, pingPong };
}

/** ms for a whole setup, among `count` in a row: as the others, with warm caches. */
export async function setupTime(peer: Peer, count: number): Promise<number> {
  await settle();
  const talks: Talk[] = [];
  const micros = await eachTakes(count, async () => {
    for (let i = 0; i < count; i++) talks.push(await peer.setup());
  });
  for (const talk of talks) talk.free?.();
  return micros / 1000;
}

async function pass(from: Side, to: Side, plaintext: Uint8Array): Promise<unknown> {
  const message = await from.seal(plaintext);
  await to.openAll([message]);
  return message;
}

export interface Sizes {
  /** Bytes of a message beyond its text, one entry a message. */
  readonly overhead: readonly number[];
  /** Bytes of the stored session, of the longer of both ends. */
  readonly state: number | undefined;
}

/** `count` messages of 100 B: all from one end, or in turns. */
export async function sizesOf(
  peer: Peer,
  count: number,
  way: "one way" | "in turns",
): Promise<Sizes> {
  const talk = await peer.setup();
  const overhead: number[] = [];
  for (let i = 0; i < count; i++) {
    const back = way === "in turns" && i % 2 === 1;
    const [from, to] = back ? [talk.bob, talk.alice] : [talk.alice, talk.bob];
    const message = await pass(from, to, text(100));
    overhead.push(from.wireBytes(message) - 100);
  }
  const ends = [await talk.alice.stateBytes?.(), await talk.bob.stateBytes?.()];
  const known = ends.filter((length) => length !== undefined);
  talk.free?.();
  return { overhead, state: known.length > 0 ? Math.max(...known) : undefined };
}
