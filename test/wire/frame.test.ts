import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, limits, u32 } from "../../src/base/index.ts";
import { encodeFrame, FrameDecoder, frameCapacity } from "../../src/wire/index.ts";

const payload = fc.uint8Array({ minLength: 1, maxLength: 5000 });

/** Everything that a fresh decoder makes of a stream cut at these places. */
function decodeIn(stream: Uint8Array, sizes: readonly number[]) {
  const decoder = new FrameDecoder();
  const frames: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    const pushed = decoder.push(stream.subarray(at, at + size));
    if (pushed.kind === "refused") return { refused: pushed.why, decoder };
    frames.push(...pushed.frames);
    at += size;
  }
  return { frames, decoder };
}

describe("wire/frame", () => {
  it("gives each payload back, whatever pieces the stream comes in", () => {
    fc.assert(
      fc.property(
        fc.array(payload, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 }),
        (payloads, sizes) => {
          const { frames, decoder } = decodeIn(concat(...payloads.map(encodeFrame)), sizes);
          assert.deepEqual(frames, payloads);
          assert.equal(decoder.pending, 0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("gives the largest payload back byte by byte", () => {
    const largest = new Uint8Array(frameCapacity).fill(7);
    const { frames } = decodeIn(concat(encodeFrame(largest), encodeFrame(Uint8Array.of(1))), [1]);
    assert.deepEqual(frames, [largest, Uint8Array.of(1)]);
  });

  it("pads to the smallest bucket that holds the payload, on both sides of each edge", () => {
    for (const [i, bucket] of limits.frameBuckets.entries()) {
      assert.equal(encodeFrame(new Uint8Array(bucket - 4)).length, bucket);
      const next = limits.frameBuckets[i + 1];
      if (next === undefined)
        assert.throws(() => encodeFrame(new Uint8Array(bucket - 3)), RangeError);
      else assert.equal(encodeFrame(new Uint8Array(bucket - 3)).length, next);
    }
  });

  it("has the same size for every payload of a bucket", () => {
    assert.equal(
      encodeFrame(new Uint8Array(1)).length,
      encodeFrame(new Uint8Array(limits.frameBuckets[0] - 4)).length,
    );
  });

  it("does not encode an empty payload", () => {
    assert.throws(() => encodeFrame(new Uint8Array(0)), RangeError);
  });

  it("refuses an empty frame and one beyond the capacity as soon as its length is there", () => {
    const cases = [
      [u32(0), "empty"],
      [u32(frameCapacity + 1), "too-long"],
      [u32(0xffffffff), "too-long"],
    ] as const;
    for (const [header, why] of cases)
      for (const sizes of [[4], [1], [3, 1]])
        assert.equal(decodeIn(header, sizes).refused, why, `${why} in pieces of ${sizes}`);
  });

  it("refuses any padding that is not zero, whole or in pieces", () => {
    const frame = encodeFrame(Uint8Array.of(1, 2, 3));
    for (const at of [7, 100, frame.length - 1]) {
      const bent = frame.slice();
      bent[at] = 1;
      assert.equal(decodeIn(bent, [frame.length]).refused, "padding");
      assert.equal(decodeIn(bent, [50]).refused, "padding");
    }
  });

  it("refuses everything after a refusal, and holds nothing any more", () => {
    const { decoder } = decodeIn(u32(0), [4]);
    assert.deepEqual(decoder.push(encodeFrame(Uint8Array.of(1))), {
      kind: "refused",
      why: "empty",
    });
    assert.equal(decoder.pending, 0);
  });

  it("reserves nothing on the word of a length", () => {
    const header = u32(frameCapacity);
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 1000 }, () => new FrameDecoder());
    for (const decoder of decoders) decoder.push(header);
    assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024);
    assert.ok(decoders.every((decoder) => decoder.pending === 4));
  });

  it("neither keeps nor changes what was pushed", () => {
    const frame = encodeFrame(Uint8Array.of(1, 2, 3));
    const copy = frame.slice();
    const decoder = new FrameDecoder();
    decoder.push(frame.subarray(0, 6));
    assert.deepEqual(frame, copy);
    frame.fill(0xff, 0, 6);
    assert.deepEqual(decoder.push(copy.subarray(6)), {
      kind: "frames",
      frames: [Uint8Array.of(1, 2, 3)],
    });
    const whole = new FrameDecoder().push(copy);
    copy.fill(0);
    assert.deepEqual(whole, { kind: "frames", frames: [Uint8Array.of(1, 2, 3)] });
  });

  it("takes any bytes without throwing, and holds less than one frame", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (pushes) => {
        const decoder = new FrameDecoder();
        for (const bytes of pushes) decoder.push(bytes);
        assert.ok(decoder.pending < limits.frameBytes);
      }),
    );
  });
});
