import assert from "node:assert/strict";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import { canSeal, open, type Session, seal } from "../../src/ratchet/index.ts";
import { atRest, restored, type Two, toAnswerer, toMaker, until } from "./epochs.ts";
import { node, opens } from "./support.ts";

type Secrets = "dh" | "kem";
type Who = keyof Two;

/**
 * A provider that tells a thief some of the secrets that it makes, and the thief's own, that takes
 * them up in their order.
 */
function leaking(secrets: readonly Secrets[]): { ours: CryptoProvider; thiefs: CryptoProvider } {
  const tapped = <Made>(
    kind: Secrets,
    make: () => Made,
  ): { tell: () => Made; take: () => Made } => {
    const told: Made[] = [];
    const tell = () => {
      const made = make();
      told.push(made);
      return made;
    };
    return { tell, take: () => (secrets.includes(kind) ? told.shift() : undefined) ?? make() };
  };
  const dh = tapped("dh", () => node.dhGenerate());
  const key = tapped("kem", () => node.kemGenerate());
  let given: Uint8Array = new Uint8Array(0);
  const copied = (made: ReturnType<CryptoProvider["kemEncapsulate"]>) =>
    made && { ciphertext: made.ciphertext, shared: made.shared.slice() };
  const encapsulated = tapped("kem", () => node.kemEncapsulate(given));
  const told: ReturnType<CryptoProvider["kemEncapsulate"]>[] = [];
  return {
    ours: {
      ...node,
      dhGenerate: dh.tell,
      kemGenerate: key.tell,
      kemEncapsulate(publicKey) {
        const made = node.kemEncapsulate(publicKey);
        told.push(copied(made));
        return made;
      },
    },
    thiefs: {
      ...node,
      dhGenerate: dh.take,
      kemGenerate: key.take,
      kemEncapsulate(publicKey) {
        given = publicKey;
        return secrets.includes("kem") ? told.shift() : encapsulated.take();
      },
    },
  };
}

/**
 * A stolen answerer once the stolen maker has opened the secret: the thief need not have made it to
 * know it.
 */
function informed(answerer: Session, { scka: { root, stage } }: Session): Session {
  const mine = answerer.scka.stage;
  if (stage.kind !== "agreed" || mine.kind !== "answering") return answerer;
  const chains = { CKs: stage.chains.CKr, CKr: stage.chains.CKs };
  return { ...answerer, scka: { ...answerer.scka, root, stage: { ...mine, chains } } };
}

/**
 * Both sides, and a thief who has copied both states, hears every byte and is told the named
 * secrets of both.
 */
class Theft {
  #real: Two;
  #stolen: Two;
  readonly #of: Record<Who, ReturnType<typeof leaking>>;

  constructor(real: Two, ...secrets: Secrets[]) {
    this.#real = real;
    this.#stolen = { maker: restored(real.maker), answerer: restored(real.answerer) };
    this.#of = { maker: leaking(secrets), answerer: leaking(secrets) };
  }

  get epoch(): number {
    return Math.min(this.#real.maker.scka.epoch, this.#real.answerer.scka.epoch);
  }

  /**
   * One message of the one side to the other. Whether the thief reads it, and its epoch as the peer
   * has it.
   */
  pass(from: Who): boolean {
    const to: Who = from === "maker" ? "answerer" : "maker";
    const text = node.random(300);
    const sealed = seal(this.#of[from].ours, this.#real[from], text);
    const read = opens(this.#of[to].ours, this.#real[to], sealed.message);
    this.#real = { ...this.#real, [from]: sealed.next, [to]: read.next };
    // The thief does as each side did, as far as it still can.
    const copy: Session = this.#stolen[from];
    const imitated = canSeal(copy) ? seal(this.#of[from].thiefs, copy, text).next : copy;
    const heard = open(this.#of[to].thiefs, this.#stolen[to], sealed.message, 0);
    const after = heard.kind === "opened" ? heard.next : this.#stolen[to];
    const stolen = { ...this.#stolen, [from]: imitated, [to]: after };
    this.#stolen = {
      maker: informed(stolen.maker, stolen.answerer),
      answerer: informed(stolen.answerer, stolen.maker),
    };
    return heard.kind === "opened";
  }

  /**
   * Both sides in turn, until the thief cannot read a message: how many it has read, and the epoch
   * before and of that one.
   */
  untilShutOut(most: number): { readonly read: number; readonly after: number } {
    for (let read = 0; read < most; read++) {
      const after = this.epoch;
      if (!this.pass(read % 2 === 0 ? "maker" : "answerer")) return { read, after };
    }
    return { read: most, after: this.epoch };
  }

  /** Nothing at all, of either side, from now on. */
  staysOut(messages = 200): void {
    for (let i = 0; i < messages; i++)
      assert.equal(this.pass(i % 2 === 0 ? "answerer" : "maker"), false, `message ${i}`);
  }
}

/** Every stage at which a state can be stolen. */
const moments: readonly (readonly [string, () => Two, number])[] = [
  ["before an exchange", () => atRest(), 0],
  ["while the key is on its way", () => toMaker(toAnswerer(atRest())), 1],
  ["while the ciphertext is on its way", () => until(atRest(), "answerer", "answering"), 1],
  ["when the secret is agreed on", () => until(atRest(), "maker", "agreed"), 1],
  ["when one side sends in the new epoch", () => until(atRest(), "maker", "taken"), 1],
  ["when both do", () => until(until(atRest(), "maker", "taken"), "maker", "awaiting"), 1],
];

describe("an attacker who stole both states and records all traffic", () => {
  it("reads until both sides have answered, and then nothing", () => {
    let at = atRest();
    at = toMaker(at);
    const theft = new Theft(at);
    // The running chain is the thief's to read; the next one is not.
    for (let i = 0; i < 3; i++) assert.equal(theft.pass("answerer"), true);
    const { read } = theft.untilShutOut(10);
    assert.ok(read <= 1, `${read}`);
    theft.staysOut();
  });

  for (const [moment, at, known] of moments) {
    it(`with every Diffie-Hellman secret, ${moment}: is locked out by the next post-quantum exchange`, () => {
      const theft = new Theft(at(), "dh");
      const { read, after } = theft.untilShutOut(400);
      // It reads every message of the epochs whose exchange had begun, and of the next one not one.
      assert.equal(after, known);
      assert.ok(read > 0 && read < 200, `${read}`);
      theft.staysOut();
    });

    it(`with every ML-KEM secret, ${moment}: is locked out by the next ratchet step`, () => {
      const theft = new Theft(at(), "kem");
      const { read } = theft.untilShutOut(400);
      assert.ok(read <= 2, `${read}`);
      theft.staysOut();
    });
  }

  it("with both kinds of secrets reads everything, so the tests above exclude a capable attacker", () => {
    const theft = new Theft(atRest(), "dh", "kem");
    assert.equal(theft.untilShutOut(300).read, 300);
    assert.ok(theft.epoch >= 3, `${theft.epoch}`);
  });
});
