import assert from "node:assert/strict";
import fc from "fast-check";
import { BYTES, fits, VARINT, walk } from "../../src/wire/strict-protobuf.ts";

const walked = (...bytes: number[]) =>
  walk(Uint8Array.from(bytes))?.map(({ number, type, value }) => [number, type, [...value]]);

describe("wire/proto", () => {
  it("finds the fields of every wire type but groups", () => {
    assert.deepEqual(walked(), []);
    assert.deepEqual(walked(0x08, 0x96, 0x01), [[1, 0, [0x96, 0x01]]]);
    assert.deepEqual(walked(0x12, 2, 7, 8, 0x1a, 0), [
      [2, 2, [7, 8]],
      [3, 2, []],
    ]);
    assert.deepEqual(walked(0x0d, 1, 2, 3, 4), [[1, 5, [1, 2, 3, 4]]]);
    assert.deepEqual(walked(0x09, 1, 2, 3, 4, 5, 6, 7, 8), [[1, 1, [1, 2, 3, 4, 5, 6, 7, 8]]]);
    for (const type of [3, 4, 6, 7]) assert.equal(walked(8 + type, 0), undefined);
  });

  it("refuses a value that goes on after the end", () => {
    for (const bytes of [[0x08], [0x08, 0x80], [0x12], [0x12, 1], [0x12, 3, 1, 2], [0x0d, 1, 2, 3]])
      assert.equal(walked(...bytes), undefined, `${bytes}`);
    assert.equal(walked(0x09, 1, 2, 3, 4, 5, 6, 7), undefined);
    assert.equal(walked(0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 1), undefined);
  });

  it("refuses a number that is not in its shortest form, or longer than ten bytes", () => {
    assert.deepEqual(walked(0x08, 0), [[1, 0, [0]]]);
    assert.equal(walked(0x08, 0x80, 0), undefined);
    assert.equal(walked(0x88, 0, 1), undefined);
    assert.equal(walked(0x12, 0x81, 0, 1), undefined);
    const nine = new Array(9).fill(0xff);
    assert.deepEqual(walked(0x08, ...nine, 1), [[1, 0, [...nine, 1]]]);
    assert.equal(walked(0x08, ...nine, 0xff, 1), undefined);
  });

  it("refuses field numbers that protobuf has not", () => {
    assert.equal(walked(0x00, 1), undefined);
    assert.ok(walked(0xf8, 0xff, 0xff, 0xff, 0x0f, 1));
    assert.equal(walked(0x80, 0x80, 0x80, 0x80, 0x10, 1), undefined);
  });

  it("holds known fields to their type and their count, and leaves others alone", () => {
    const types = new Map([
      [1, VARINT],
      [2, BYTES],
    ]);
    const judge = (...bytes: number[]) => fits(walk(Uint8Array.from(bytes)) ?? [], types);
    assert.equal(judge(0x08, 1, 0x12, 0), true);
    assert.equal(judge(0x0a, 0), false);
    assert.equal(judge(0x10, 0), false);
    assert.equal(judge(0x08, 1, 0x08, 1), false);
    assert.equal(judge(0x18, 1, 0x1a, 0), true);
    const twice = walk(Uint8Array.of(0x12, 0, 0x12, 0)) ?? [];
    assert.equal(fits(twice, types, new Map([[2, 2]])), true);
    assert.equal(fits([...twice, ...twice], types, new Map([[2, 2]])), false);
  });

  it("takes any bytes without throwing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void walk(bytes)),
      { numRuns: 2000 },
    );
  });
});
