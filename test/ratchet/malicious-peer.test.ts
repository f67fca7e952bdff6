import { concat, limits, u32, utf8 } from "../../src/base/index.ts";
import { type Session, seal } from "../../src/ratchet/index.ts";
import { CT_BYTES, EK_BYTES } from "../../src/ratchet/scka.ts";
import { atRest, epochLater, lying, stageOf, toAnswerer, toMaker, until } from "./epochs.ts";
import { flip, node, opens, refusedAlike, sealMany } from "./support.ts";

const EMPTY = new Uint8Array(0);
const u16 = (value: number) => u32(value).slice(2);

describe("a peer that sends false data in a post-quantum exchange", () => {
  const message = (...parts: Uint8Array[]) => concat(...parts);
  const says = (from: Session, bytes: Uint8Array) =>
    lying(from, ({ epoch }) => ({ epoch, message: bytes }));
  const inEpoch = (from: Session, epoch: number) =>
    lying(from, ({ message: bytes }) => ({ epoch, message: bytes }));

  it("is rejected for another epoch at every stage, except where the next one is due", () => {
    const rest = epochLater(atRest());
    for (const [from, to] of [
      [rest.answerer, rest.maker],
      [rest.maker, rest.answerer],
    ] as const)
      for (const epoch of [0, 2, 3, 0xffff_ffff])
        refusedAlike(to, inEpoch(from, epoch), "malformed");

    let at = toAnswerer(atRest());
    for (let kind = ""; at.maker.scka.epoch === 0; at = toMaker(toAnswerer(at))) {
      if (kind === at.answerer.scka.stage.kind) continue;
      kind = at.answerer.scka.stage.kind;
      // An epoch jump, and one that the answerer cannot begin.
      refusedAlike(at.answerer, inEpoch(at.maker, 2), "malformed");
      refusedAlike(at.maker, inEpoch(at.answerer, 1), "malformed");
      if (kind === "awaiting") refusedAlike(at.answerer, inEpoch(at.maker, 1), "malformed");
    }
  });

  it("is rejected for an old epoch, also with an old chain's number", () => {
    let at = until(atRest(), "maker", "agreed");
    const first = seal(node, at.answerer, utf8("late"));
    const early = sealMany(node, first.next, 2);
    const maker = opens(node, at.maker, early.messages[1]).next;
    at = epochLater({ maker, answerer: early.next });
    at = toMaker(toAnswerer(at));
    refusedAlike(at.maker, inEpoch(at.answerer, 0), "malformed");
    // A late message must name the epoch of its chain, though its keys be the right ones.
    refusedAlike(at.maker, inEpoch(first.next, 1), "malformed");
    const { next } = opens(node, at.maker, inEpoch(first.next, 0));
    opens(node, next, first.message);
  });

  it("is rejected for a chunk of an impossible length or offset", () => {
    const { maker, answerer } = atRest();
    const offering = seal(node, maker, new Uint8Array(150)).next;
    const long = new Uint8Array(EK_BYTES + 1);
    for (const bytes of [
      Uint8Array.of(0),
      new Uint8Array(3),
      new Uint8Array(4),
      message(u16(0), u16(1), long.subarray(1)),
      message(u16(0), u16(EK_BYTES), u16(0)),
      message(u16(0), u16(0xffff), u16(0)),
      message(u16(1), u16(0), u16(0)),
      u16(1),
    ])
      refusedAlike(answerer, says(maker, bytes), "malformed");
    for (const bytes of [
      u16(EK_BYTES + 1),
      message(u16(EK_BYTES), u16(1), long.subarray(0, CT_BYTES)),
      message(u16(EK_BYTES), u16(0), long.subarray(0, CT_BYTES + 1)),
      message(u16(EK_BYTES), u16(CT_BYTES), u16(1)),
    ])
      refusedAlike(offering, says(answerer, bytes), "malformed");
    const answering = until(atRest(), "answerer", "answering");
    refusedAlike(answering.answerer, says(answering.maker, u16(CT_BYTES + 1)), "malformed");
    for (const kind of ["agreed", "taken"] as const) {
      const done = until(answering, "maker", kind);
      for (const bytes of [u16(EK_BYTES + 1), message(u16(EK_BYTES), u16(CT_BYTES), u16(1))])
        refusedAlike(done.maker, says(seal(node, done.answerer, EMPTY).next, bytes), "malformed");
    }
    const resting = epochLater(atRest());
    refusedAlike(resting.answerer, says(resting.maker, u16(1)), "malformed");
  });

  it("is rejected for more bytes than a header can have", () => {
    const { maker, answerer } = atRest();
    refusedAlike(answerer, says(maker, new Uint8Array(limits.sckaMessage + 1)), "malformed");
  });

  it("is rejected for an encapsulation key that fails its checks", () => {
    const { maker, answerer } = atRest();
    const bad = new Uint8Array(EK_BYTES).fill(0xff);
    refusedAlike(answerer, says(maker, message(u16(0), u16(0), bad)), "bad-key");
  });

  for (const value of ["key", "ciphertext"] as const)
    it(`that changes the ${value} causes rejected messages, never an undetected split`, () => {
      const rest = atRest();
      let { maker, answerer } = rest;
      const there = seal(node, maker, new Uint8Array(2_000));
      if (value === "key") {
        const { public: ek } = stageOf(there.next, "offering").pair;
        const changed = message(u16(0), u16(0), flip(ek, 1_180));
        answerer = opens(node, answerer, says(maker, changed)).next;
      } else answerer = opens(node, answerer, there.message).next;
      maker = there.next;
      // A message without room begins the chain on which the lie is told.
      answerer = seal(node, answerer, new Uint8Array(81_820)).next;
      const { ct } = stageOf(answerer, "answering");
      const sent = value === "key" ? ct : flip(ct, 7);
      const back = says(answerer, message(u16(EK_BYTES), u16(0), sent));
      maker = opens(node, maker, back).next;
      stageOf(maker, "agreed");
      // Until the maker takes the epoch up all goes on; its very first message of the epoch is
      // refused, and each after it.
      const { messages } = sealMany(node, maker, 3);
      for (const message of messages) refusedAlike(answerer, message, "forged");
      // The answerer, who has not followed, is understood.
      opens(node, maker, sealMany(node, answerer, 2).messages[1]);
    });
});
