/**
 * The ratchet: sealing, opening, a turn of the conversation, and the handshake, with each provider.
 * Beside each stand the primitives that it calls, alone: on the same provider they are the physical
 * limit of that path, and the ratio is what the protocol's own code adds; in the plainest way on
 * node:crypto they show what the provider gains.
 */
import { randomBytes } from "node:crypto";
import { type CryptoProvider, nobleCrypto, nodeCrypto, sodiumCrypto } from "../src/crypto/index.ts";
import { open, seal } from "../src/ratchet/index.ts";
import { floorOf } from "./lib/floor.ts";
import { medians } from "./lib/measure.ts";
import { deliver, handshake, settledPair } from "./lib/sessions.ts";
import { type Figure, printTable } from "./lib/table.ts";

/** One provider, one length of plaintext. */
async function figures(crypto: CryptoProvider, length: number): Promise<Figure[]> {
  const plaintext = new Uint8Array(randomBytes(length));
  const { alice, bob } = settledPair(crypto);
  const { message } = seal(crypto, alice, plaintext);
  let talk = { from: bob, to: alice };

  const sealing = (provider: CryptoProvider) => seal(provider, alice, plaintext);
  const opening = (provider: CryptoProvider) => open(provider, bob, message, 0);
  /** A message and its answer: two seals, two opens, and a step of the DH ratchet on both sides. */
  const pingPong = (provider: CryptoProvider) => {
    const there = deliver(provider, talk.from, talk.to, plaintext);
    const back = deliver(provider, there.to, there.from, plaintext);
    talk = { from: back.to, to: back.from };
  };

  const names = { seal: sealing, open: opening, "ping-pong": pingPong };
  const found: Figure[] = [];
  for (const [name, operation] of Object.entries(names)) {
    const floor = floorOf(crypto, operation);
    const { whole, own, bare } = await medians({
      whole: () => operation(crypto),
      own: floor.own,
      bare: floor.bare,
    });
    const figure = (label: string, beside: Figure["beside"] & object): Figure => ({
      name: label,
      value: whole,
      unit: "µs",
      beside,
    });
    found.push(figure(`${name}, ${length} B`, { name: floor.calls, value: own }));
    found.push(figure("", { name: "the same on plain node:crypto", value: bare }));
  }
  return found;
}

const sodium = await sodiumCrypto();
if (sodium === undefined) process.stdout.write("libsodium-sumo is not installed\n");
for (const crypto of [...(sodium ? [sodium] : []), nodeCrypto(), nobleCrypto()]) {
  const rows: Figure[] = [];
  for (const length of [100, 1024]) rows.push(...(await figures(crypto, length)));
  const floor = floorOf(crypto, handshake);
  const { both, own } = await medians(
    { both: () => handshake(crypto), own: floor.own },
    { time: 500 },
  );
  rows.push({
    name: "handshake, both sides",
    value: both,
    unit: "µs",
    beside: { name: floor.calls, value: own },
  });
  printTable(`Ratchet, provider ${crypto.name}; beside it the primitives alone`, rows);
}
