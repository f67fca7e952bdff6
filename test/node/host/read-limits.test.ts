import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, limits, utf8 } from "../../../src/base/index.ts";
import { ReadLimit } from "../../../src/node/host/read-limits.ts";
import {
  type Allowance,
  requestAllowance,
  responseAllowance,
} from "../../../src/node/util/protocols.ts";

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Uint8Array.of(...bytes, left);
}
const message = (length: number): Uint8Array => concat(varint(length), new Uint8Array(length));
const line = (text: string): Uint8Array => {
  const bytes = utf8(`${text}\n`);
  return concat(varint(bytes.length), bytes);
};

const hello = line("/multistream/1.0.0");
const limit = (allowance: Allowance) =>
  new ReadLimit({ isFinal: (text) => text === "/x", allowance: () => allowance });

/** Splits bytes into pieces of these lengths, repeatedly. */
function split(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** The first violation. */
const verdict = (one: ReadLimit, pieces: readonly Uint8Array[]): string | undefined => {
  for (const piece of pieces) {
    const why = one.accept(piece);
    if (why !== undefined) return why;
  }
  return undefined;
};

const pieces = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });

describe("node: read limits", () => {
  it("accepts valid input, however it is split", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("/a", "/no/such", "ls"), { maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 10 }),
        pieces,
        (lines, lengths, cuts) => {
          const input = concat(hello, ...lines.map(line), line("/x"), ...lengths.map(message));
          assert.equal(verdict(limit({ message: 500 }), split(input, cuts)), undefined);
        },
      ),
    );
  });

  it("rejects a line or message that is one byte too long, however it is split", () => {
    fc.assert(
      fc.property(pieces, (cuts) => {
        const longest = line("y".repeat(limits.negotiationLine - 1));
        assert.equal(verdict(limit({}), split(longest, cuts)), undefined);
        const longer = line("y".repeat(limits.negotiationLine));
        assert.equal(verdict(limit({}), split(longer, cuts)), "negotiation line too long");
        const first = concat(hello, line("/x"));
        const input = concat(first, message(500));
        assert.equal(verdict(limit({ message: 500 }), split(input, cuts)), undefined);
        assert.equal(verdict(limit({ message: 499 }), split(input, cuts)), "message too long");
        const total = input.length - first.length;
        assert.equal(verdict(limit({ total }), split(input, cuts)), undefined);
        assert.equal(
          verdict(limit({ total: total - 1 }), split(input, cuts)),
          "more bytes than the protocol allows",
        );
      }),
    );
  });

  it("rejects an endless length prefix of a line and of a message", () => {
    const endless = new Uint8Array(6).fill(0x80);
    assert.equal(limit({}).accept(endless), "negotiation line too long");
    const later = limit({ message: 500 });
    assert.equal(later.accept(concat(hello, line("/x"))), undefined);
    assert.equal(later.accept(endless), "message too long");
  });

  it("rejects lines that negotiate no protocol, empty ones included", () => {
    const lines = new Uint8Array(limits.negotiationBytes);
    assert.equal(limit({}).accept(lines), undefined);
    assert.equal(limit({}).accept(concat(lines, Uint8Array.of(0))), "no protocol negotiated");
  });

  it("allows everything once released", () => {
    const one = limit({ total: 1 });
    assert.equal(one.unlimited, false);
    one.release();
    assert.equal(one.unlimited, true);
    assert.equal(one.accept(new Uint8Array(10_000).fill(0xff)), undefined);
  });

  it("limits a DHT request and a larger DHT response", () => {
    for (const protocol of ["/sotto/kad/1.0.0", "/sotto/lan/kad/1.0.0"]) {
      const { total: answer = 0 } = responseAllowance(protocol);
      // 20 peers, each with its id and the maximum number of addresses, and a record.
      assert.ok(answer > 20 * (limits.peerRowBytes + 64) + limits.recordBytes);
      const { total: question = 0 } = requestAllowance(protocol);
      assert.ok(question > 2 * limits.recordBytes && question < answer);
    }
    assert.deepEqual(requestAllowance("/sotto/link/1"), {});
  });
});
