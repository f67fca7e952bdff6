/** Two sessions talk, then end. Prints what of their secrets is left; run with --expose-gc. */
import { writeFileSync } from "node:fs";
import { writeHeapSnapshot } from "node:v8";
import { utf8, wipe } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import {
  encodeSession,
  initiate,
  open,
  readMessage2,
  readMessage3,
  respond,
  type Session,
  seal,
  writeMessage2,
  writeMessage3,
} from "../../src/ratchet/index.ts";
import { must } from "../ratchet/support.ts";
import { maskedSecrets, measure } from "./measure.ts";
import { Recorder } from "./recorder.ts";

const recorder = new Recorder();
const crypto = recorder.over(nodeCrypto());
const held: Session[] = [];

function handshake(): [Session, Session] {
  const psk = crypto.random(32);
  recorder.note("psk", psk);
  const options = () => ({ psk: psk.slice(), prologue: utf8("p"), device: crypto.dhGenerate() });
  const [a, b] = [options(), options()];
  const first = initiate(crypto, a);
  const read1 = must(respond(crypto, b, first.message1), "read");
  const second = must(writeMessage2(crypto, read1.state, utf8("from bob")), "written");
  const read2 = must(readMessage2(crypto, first.state, second.message2), "read");
  const third = writeMessage3(crypto, read2.state, utf8("from alice"));
  const read3 = must(readMessage3(crypto, second.state, third.message3), "read");
  wipe(psk);
  return [third.session, read3.session];
}

function talk(): void {
  let [alice, bob] = handshake();
  for (let turn = 0; turn < 60; turn++) {
    for (let i = 0; i < 5; i++) {
      const sent = seal(crypto, alice, utf8(`${turn} ${i}`));
      alice = sent.next;
      // One in five never comes: its key is kept on purpose.
      if (i !== 2 || turn % 5 !== 0) bob = must(open(crypto, bob, sent.message, 0), "opened").next;
    }
    [alice, bob] = [bob, alice];
  }
  held.push(alice, bob);
}

/** Whatever still stands on the stack or in a cache of the engine's goes with some other work. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
}

const [snapshot, secrets] = process.argv.slice(2);
talk();
await settle();
const live = measure(recorder, () => held.map(encodeSession));
held.length = 0;
await settle();
const ended = measure(recorder, () => []);
if (snapshot) writeHeapSnapshot(snapshot);
if (secrets) writeFileSync(secrets, JSON.stringify(maskedSecrets(recorder)));
process.stdout.write(`${JSON.stringify({ live, ended })}\n`);
// The parent may look at our memory before it lets us go.
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
