import assert from "node:assert/strict";
import fc from "fast-check";
import { limits, utf8 } from "../../src/base/index.ts";
import {
  decodeEnvelope,
  decodeSignalFrame,
  decodeSignalPayload,
  decodeSignalReply,
  encodeEnvelope,
  encodeFrame,
  encodeSignalFrame,
  encodeSignalPayload,
  encodeSignalReply,
  signalPayloadBytes,
} from "../../src/wire/index.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const host = "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5";
const plain = { noNullPrototype: true };
const place = fc.record({ ip: fc.oneof(bytes(4), bytes(16)), port: fc.nat(65_535) }, plain);
const kind = fc.constantFrom("unknown", "none", "preserving", "independent", "symmetric");
const endpoints = fc.array(place, { maxLength: 2 });
const words = fc.record({ nat: kind, roundTrip: fc.nat(65_535), endpoints }, plain);

describe("wire/signalling", () => {
  it("reads the words that it wrote, all in one size", () => {
    fc.assert(
      fc.property(words, (said) => {
        const encoded = encodeSignalPayload(said);
        assert.equal(encoded.length, signalPayloadBytes);
        assert.deepEqual(decodeSignalPayload(encoded), said);
      }),
    );
  });

  it("reads an envelope, and no shorter or longer one", () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(80), (nonce, tag, sealed) => {
        const encoded = encodeEnvelope({ nonce, tag, sealed });
        assert.deepEqual(decodeEnvelope(encoded), { nonce, tag, sealed });
        assert.equal(decodeEnvelope(encoded.subarray(1)), undefined);
        assert.equal(decodeEnvelope(Uint8Array.of(...encoded, 0)), undefined);
      }),
    );
  });

  it("puts an envelope of ours under way in the smallest frame", () => {
    const frame = encodeSignalFrame({ kind: "deliver", host, envelope: new Uint8Array(145) });
    assert.equal(encodeFrame(frame).length, 256);
  });

  it("takes an envelope of newer versions as it is, up to the bound, and nothing larger", () => {
    const size = (length: number) =>
      encodeSignalFrame({ kind: "forward", host, envelope: new Uint8Array(length) });
    assert.equal(decodeSignalFrame(size(limits.signalBytes))?.envelope.length, limits.signalBytes);
    assert.equal(decodeSignalFrame(size(limits.signalBytes + 1)), undefined);
    assert.equal(decodeSignalFrame(size(0)), undefined);
  });

  it("refuses a host that is no PeerId, and a frame of another kind or version", () => {
    const envelope = Uint8Array.of(1);
    const named = (name: string) => encodeSignalFrame({ kind: "forward", host: name, envelope });
    for (const name of ["", "a b", "../x", "é", "1".repeat(65)])
      assert.equal(decodeSignalFrame(named(name)), undefined, name);
    const good = named(host);
    assert.equal(decodeSignalFrame(good)?.host, host);
    assert.equal(decodeSignalFrame(good.with(0, 2)), undefined);
    assert.equal(decodeSignalFrame(good.with(1, 3)), undefined);
    assert.equal(decodeSignalFrame(new Uint8Array(0)), undefined);
  });

  it("reads each reply as it was meant, an envelope only where one was passed on", () => {
    const envelope = utf8("answer");
    assert.deepEqual(decodeSignalReply(encodeSignalReply({ outcome: "forwarded", envelope })), {
      outcome: "forwarded",
      envelope,
    });
    for (const outcome of ["absent", "busy", "silent", "unwilling"] as const) {
      const encoded = encodeSignalReply({ outcome });
      assert.deepEqual(decodeSignalReply(encoded), { outcome });
      assert.equal(decodeSignalReply(Uint8Array.of(...encoded, 1)), undefined);
    }
    assert.equal(decodeSignalReply(Uint8Array.of(1, 1)), undefined);
    assert.equal(decodeSignalReply(Uint8Array.of(1, 6)), undefined);
  });

  it("refuses words with anything in their empty places, and more places than two", () => {
    const said = encodeSignalPayload({ nat: "none", roundTrip: 0, endpoints: [] });
    for (let at = 4; at < said.length; at++)
      assert.equal(decodeSignalPayload(said.with(at, 1)), undefined, `byte ${at}`);
    assert.equal(decodeSignalPayload(said.with(3, 3)), undefined);
    const four = encodeSignalPayload({
      nat: "none",
      roundTrip: 0,
      endpoints: [{ ip: new Uint8Array(4), port: 1 }],
    });
    assert.equal(decodeSignalPayload(four.with(12, 1)), undefined);
  });
});
