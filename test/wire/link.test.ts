import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeAnswerBody,
  decodeHelloBody,
  decodeLinkFrame,
  encodeAnswerBody,
  encodeHelloBody,
  encodeLinkFrame,
  frameCapacity,
  type LinkFrame,
} from "../../src/wire/index.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const message = fc.uint8Array({ minLength: 1, maxLength: 300 });
const greeting = { nonce: bytes(32), tag: bytes(32), sealed: bytes(49) };
const frame: fc.Arbitrary<LinkFrame> = fc.oneof(
  fc.record({ type: fc.constant("hello" as const), index: bytes(8), ...greeting }),
  fc.record({ type: fc.constant("answer" as const), ...greeting }),
  fc.record({ type: fc.constantFrom("handshake" as const, "ratchet" as const), message }),
  fc.record({
    type: fc.constant("group" as const),
    message: fc.uint8Array({ minLength: 24, maxLength: 300 }),
  }),
  fc.record({ type: fc.constantFrom("ping" as const, "pong" as const) }),
);
const hello: LinkFrame = {
  type: "hello",
  index: new Uint8Array(8),
  nonce: new Uint8Array(32),
  tag: new Uint8Array(32),
  sealed: new Uint8Array(49),
};

describe("wire/link", () => {
  it("gives every frame back", () => {
    fc.assert(
      fc.property(frame, (value) => {
        assert.deepEqual({ ...decodeLinkFrame(encodeLinkFrame(value)) }, { ...value });
      }),
    );
  });

  it("takes any bytes without throwing, and what it takes has one spelling", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc
            .tuple(fc.integer({ min: 0, max: 8 }), fc.oneof(bytes(114), bytes(122)))
            .map(([type, rest]) => Uint8Array.of(type, ...rest)),
        ),
        (any) => {
          const value = decodeLinkFrame(any);
          if (value !== undefined) assert.deepEqual(encodeLinkFrame(value), any);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("refuses a hello and an answer that are shorter, longer or of another version", () => {
    for (const [type, length] of [
      ["hello", 123],
      ["answer", 115],
    ] as const) {
      const good = encodeLinkFrame({ ...hello, type });
      assert.equal(good.length, length);
      assert.equal(decodeLinkFrame(good)?.type, type);
      assert.equal(decodeLinkFrame(good.subarray(0, -1)), undefined);
      assert.equal(decodeLinkFrame(Uint8Array.of(...good, 0)), undefined);
      const newer = good.slice();
      newer[1] = 2;
      assert.equal(decodeLinkFrame(newer), undefined);
    }
  });

  it("refuses an empty payload, an unknown type, a message that is too short, a ping with a tail", () => {
    const short = [7, ...new Uint8Array(23)];
    for (const bad of [[], [0], [8, 1], [255], [3], [4], [7], short, [5, 0], [6, 0]])
      assert.equal(decodeLinkFrame(Uint8Array.from(bad)), undefined, `${bad}`);
    for (const length of [23, frameCapacity]) {
      const message = new Uint8Array(length);
      assert.throws(() => encodeLinkFrame({ type: "group", message }), RangeError);
    }
  });

  it("carries a message up to the capacity and no further", () => {
    const largest = encodeLinkFrame({
      type: "ratchet",
      message: new Uint8Array(frameCapacity - 1),
    });
    assert.equal(largest.length, frameCapacity);
    assert.equal(decodeLinkFrame(largest)?.type, "ratchet");
    assert.equal(decodeLinkFrame(Uint8Array.of(...largest, 0)), undefined);
    assert.throws(
      () => encodeLinkFrame({ type: "ratchet", message: new Uint8Array(frameCapacity) }),
      RangeError,
    );
    assert.throws(
      () => encodeLinkFrame({ type: "handshake", message: new Uint8Array(0) }),
      RangeError,
    );
    assert.throws(() => encodeLinkFrame({ ...hello, tag: new Uint8Array(31) }), RangeError);
  });

  it("gives the bodies of hello and answer back, in 33 bytes", () => {
    const id = new Uint8Array(32).fill(9);
    for (const mode of ["resume", "handshake", "group", "group-unclean"] as const) {
      const body = encodeHelloBody({ mode, id });
      assert.equal(body.length, 33);
      assert.deepEqual(decodeHelloBody(body), { mode, id });
    }
    const statuses = ["resume", "handshake", "used", "expired", "pending", "denied"] as const;
    for (const status of statuses) {
      const body = encodeAnswerBody({ status, id });
      assert.equal(body.length, 33);
      assert.deepEqual(decodeAnswerBody(body), { status, id });
    }
  });

  it("refuses bodies of another length or with an unknown word", () => {
    const id = new Uint8Array(32);
    for (const [first, length] of [
      [0, 33],
      [1, 32],
      [1, 34],
      [7, 33],
      [255, 33],
      [0, 0],
    ] as const) {
      const body = new Uint8Array(length);
      if (length > 0) body[0] = first;
      assert.equal(decodeHelloBody(body), undefined);
      assert.equal(decodeAnswerBody(body), undefined);
    }
    assert.equal(decodeHelloBody(Uint8Array.of(5, ...id)), undefined);
    assert.throws(() => encodeHelloBody({ mode: "resume", id: new Uint8Array(31) }), RangeError);
  });
});
