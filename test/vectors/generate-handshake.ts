/**
 * Records the link handshake and the first messages of its session, out of seeded chance:
 *
 * node --import tsx test/vectors/generate-handshake.ts > test/vectors/noise_xxhfs_psk0.json
 *
 * No public vectors exist for the hfs extension with ML-KEM-768. These hold the bytes still:
 * a change of them changes the protocol.
 */
import { pathToFileURL } from "node:url";
import { toHex, u32, utf8 } from "../../src/base/index.ts";
import { nobleCrypto } from "../../src/crypto/index.ts";
import {
  encodeSession,
  initiate,
  open,
  readMessage2,
  readMessage3,
  respond,
  seal,
  writeMessage2,
  writeMessage3,
} from "../../src/ratchet/index.ts";
import { must, seeded } from "../ratchet/support.ts";

/** One recorded handshake, all bytes in hex. */
export function record(name: string): Readonly<Record<string, string>> {
  const alice = nobleCrypto(seeded(`${name}: alice`));
  const bob = nobleCrypto(seeded(`${name}: bob`));
  const psk = seeded(`${name}: psk`)(32);
  const prologue = utf8(`prologue of ${name}`);
  const a = { psk, prologue, device: alice.dhGenerate() };
  const b = { psk, prologue, device: bob.dhGenerate() };

  const first = initiate(alice, a);
  const read1 = must(respond(bob, b, first.message1), "read");
  const second = must(writeMessage2(bob, read1.state, utf8("payload of bob")), "written");
  const read2 = must(readMessage2(alice, first.state, second.message2), "read");
  const third = writeMessage3(alice, read2.state, utf8("payload of alice"));
  const read3 = must(readMessage3(bob, second.state, third.message3), "read");

  const there = seal(alice, third.session, utf8("the first message"));
  const atBob = must(open(bob, read3.session, there.message, 0), "opened");
  const back = seal(bob, atBob.next, utf8("the first answer"));
  const atAlice = must(open(alice, there.next, back.message, 0), "opened");
  return {
    name,
    psk: toHex(psk),
    prologue: toHex(prologue),
    aliceDevice: toHex(a.device.secret),
    bobDevice: toHex(b.device.secret),
    message1: toHex(first.message1),
    message2: toHex(second.message2),
    message3: toHex(third.message3),
    sessionId: toHex(third.outputs.sessionId),
    pairRoot: toHex(third.outputs.pairRoot),
    aliceSession: toHex(encodeSession(third.session)),
    bobSession: toHex(encodeSession(read3.session)),
    firstMessage: toHex(there.message),
    firstAnswer: toHex(back.message),
    aliceAfter: toHex(encodeSession(atAlice.next)),
    bobAfter: toHex(encodeSession(back.next)),
  };
}

/** Every recorded handshake. */
export function recordAll(): readonly Readonly<Record<string, string>>[] {
  return Array.from({ length: 3 }, (_, i) => record(`handshake ${toHex(u32(i))}`));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.stdout.write(`${JSON.stringify({ vectors: recordAll() }, null, 1)}\n`);
