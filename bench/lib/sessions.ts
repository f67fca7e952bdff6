/** Two sessions of a pair, fresh from a handshake, for the benches. */
import { randomBytes } from "node:crypto";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import {
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

export interface Pair {
  readonly alice: Session;
  readonly bob: Session;
}

const EMPTY = new Uint8Array(0);

/** A whole handshake, both sides. */
export function handshake(crypto: CryptoProvider): Pair {
  const psk = new Uint8Array(randomBytes(32));
  const options = () => ({ psk, prologue: EMPTY, device: crypto.dhGenerate() });
  const first = initiate(crypto, options());
  const heard = expect(respond(crypto, options(), first.message1), "read");
  const second = expect(writeMessage2(crypto, heard.state, EMPTY), "written");
  const answer = expect(readMessage2(crypto, first.state, second.message2), "read");
  const third = writeMessage3(crypto, answer.state, EMPTY);
  const ended = expect(readMessage3(crypto, second.state, third.message3), "read");
  return { alice: third.session, bob: ended.session };
}

/** A message from one session to the other; both as they are afterwards. */
export function deliver(
  crypto: CryptoProvider,
  from: Session,
  to: Session,
  plaintext: Uint8Array,
): { from: Session; to: Session; message: Uint8Array } {
  const sealed = seal(crypto, from, plaintext);
  const opened = expect(open(crypto, to, sealed.message, 0), "opened");
  return { from: sealed.next, to: opened.next, message: sealed.message };
}

/** Two sessions that have spoken both ways, so that each has a sending and a receiving chain. */
export function settledPair(crypto: CryptoProvider): Pair {
  let { alice, bob } = handshake(crypto);
  for (let i = 0; i < 2; i++) {
    ({ from: alice, to: bob } = deliver(crypto, alice, bob, EMPTY));
    ({ from: bob, to: alice } = deliver(crypto, bob, alice, EMPTY));
  }
  ({ from: alice, to: bob } = deliver(crypto, alice, bob, EMPTY));
  return { alice, bob };
}

function expect<Result extends { kind: string }, Kind extends Result["kind"]>(
  result: Result,
  kind: Kind,
): Extract<Result, { kind: Kind }> {
  if (result.kind !== kind) throw new Error(`expected ${kind}, got ${result.kind}`);
  return result as Extract<Result, { kind: Kind }>;
}
