/**
 * Sotto's ratchet over one provider: as values in memory, or encoded and read again at every
 * operation.
 */
import { type CryptoProvider, certify, readCertificate } from "../../src/crypto/index.ts";
import { decodeSession, encodeSession, open, type Session, seal } from "../../src/ratchet/index.ts";
import { deliver, handshake } from "../lib/sessions.ts";
import { type Peer, readMany, type Side } from "./peer.ts";

const HELLO = new Uint8Array(10);
/**
 * Any good point: the handshake makes the device keys, and the certificate of one costs as much as
 * of another.
 */
const DEVICE = new Uint8Array(32).fill(9);

export function ours(crypto: CryptoProvider, kept: "values" | "encoded" = "values"): Peer {
  const sideOf = kept === "values" ? inMemory : encoded;
  const ready = () => {
    // What pairing does besides the handshake: each shows a certificate of its device and checks
    // the other's.
    for (let i = 0; i < 2; i++) {
      const account = crypto.signingFromSeed(crypto.random(32));
      if (readCertificate(crypto, certify(crypto, account, DEVICE, 0)) === undefined)
        throw new Error("a certificate was refused");
    }
    const fresh = handshake(crypto);
    const there = deliver(crypto, fresh.alice, fresh.bob, HELLO);
    const back = deliver(crypto, there.to, there.from, HELLO);
    return { alice: back.to, bob: back.from };
  };
  return {
    name: kept === "values" ? `Sotto, ${crypto.name}` : `Sotto, ${crypto.name}, stored`,
    about:
      kept === "values"
        ? `${crypto.engine}; sessions as values in memory`
        : "the session encoded after every operation and read before the next",
    setup() {
      const { alice, bob } = ready();
      return { alice: sideOf(crypto, alice), bob: sideOf(crypto, bob) };
    },
    ...(kept === "values" && {
      many(count: number) {
        const bytes = encodeSession(ready().alice);
        return readMany(count, () => decodeSession(bytes));
      },
    }),
  };
}

function inMemory(crypto: CryptoProvider, session: Session): Side {
  let current = session;
  return sideOver(crypto, {
    read: () => current,
    write: (next) => {
      current = next;
    },
  });
}

function encoded(crypto: CryptoProvider, session: Session): Side {
  let bytes = encodeSession(session);
  return sideOver(crypto, {
    read() {
      const read = decodeSession(bytes);
      if (read === undefined) throw new Error("our own session was not read");
      return read;
    },
    write: (next) => {
      bytes = encodeSession(next);
    },
  });
}

interface Kept {
  read(): Session;
  write(next: Session): void;
}

function sideOver(crypto: CryptoProvider, kept: Kept): Side {
  return {
    seal(text) {
      const { message, next } = seal(crypto, kept.read(), text);
      kept.write(next);
      return message;
    },
    openAll(messages) {
      for (const message of messages as Uint8Array[]) {
        const opened = open(crypto, kept.read(), message, 0);
        if (opened.kind !== "opened") throw new Error(opened.why);
        kept.write(opened.next);
      }
    },
    wireBytes: (message) => (message as Uint8Array).length,
    stateBytes: () => encodeSession(kept.read()).length,
  };
}
