/**
 * Records a session over two post-quantum epochs, out of seeded chance:
 *
 * node --import tsx test/vectors/generate-epochs.ts > test/vectors/ratchet_epochs.json
 *
 * Whoever opens the messages in their order, each at its time, with the session of the side that it
 * goes to, comes to the same plaintexts. `next` tells the opener's epoch and how far the exchange
 * is after it.
 */
import { pathToFileURL } from "node:url";
import { toHex, utf8 } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { encodeSession, open, type Session, seal } from "../../src/ratchet/index.ts";
import { must, pair, seeded } from "../ratchet/support.ts";

const DAY = 86_400_000;
const BORN = 1_800_000_000_000;

interface Recorded {
  readonly to: "alice" | "bob";
  readonly now: number;
  readonly plaintext: string;
  readonly message: string;
  readonly next: string;
}

/** The whole recording, all bytes in hex. */
export function recordEpochs() {
  const crypto = nodeCrypto(seeded("epochs"));
  const made = pair(crypto);
  const sides = { alice: made.alice, bob: made.bob };
  const messages: Recorded[] = [];
  const late: { to: "alice" | "bob"; plaintext: Uint8Array; message: Uint8Array }[] = [];
  let now = BORN;

  const write = (from: "alice" | "bob", text: string) => {
    const plaintext = utf8(text);
    const { message, next } = seal(crypto, sides[from], plaintext);
    sides[from] = next;
    return { to: from === "alice" ? "bob" : "alice", plaintext, message } as const;
  };
  const read = ({ to, plaintext, message }: (typeof late)[number]) => {
    const { next } = must(open(crypto, sides[to], message, now), "opened");
    sides[to] = next;
    messages.push({
      to,
      now,
      plaintext: toHex(plaintext),
      message: toHex(message),
      next: `${next.scka.epoch} ${next.scka.stage.kind}`,
    });
  };

  const start = { alice: toHex(encodeSession(sides.alice)), bob: toHex(encodeSession(sides.bob)) };
  const epochs = (of: Record<"alice" | "bob", Session>) =>
    Math.min(of.alice.scka.epoch, of.bob.scka.epoch);
  for (let turn = 0; epochs(sides) < 2; turn++) {
    read(write("alice", `question ${turn}`));
    // Every other turn has a second answer, which comes three turns later: over each change of
    // epoch as well.
    if (turn % 2 === 1 && late.length > 1) read(late.shift() as (typeof late)[number]);
    if (turn % 2 === 0) late.push(write("bob", `late answer ${turn}`));
    read(write("bob", `answer ${turn}`));
    // A day later the side whose turn it is begins.
    if (sides.alice.scka.stage.kind === "resting" || sides.bob.scka.stage.kind === "resting")
      now += DAY;
  }
  const end = { alice: toHex(encodeSession(sides.alice)), bob: toHex(encodeSession(sides.bob)) };
  return { start, messages, end };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.stdout.write(`${JSON.stringify(recordEpochs(), null, 1)}\n`);
