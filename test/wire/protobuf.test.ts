import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../../src/base/index.ts";
import {
  bytes,
  count,
  message,
  optional,
  repeated,
  required,
  text,
  where,
} from "../../src/wire/protobuf.ts";
import { canonical, field } from "./canonical.ts";

/** Reads any well-formed fields, and returns their numbers. */
const anything = message({});
const numbers = (...from: number[]) => anything.parse(Uint8Array.from(from))?.unknown;

describe("wire/protobuf", () => {
  it("reads fields of every wire type but groups", () => {
    assert.deepEqual(numbers(), []);
    assert.deepEqual(numbers(0x08, 0x96, 0x01), [1]);
    assert.deepEqual(numbers(0x12, 2, 7, 8, 0x1a, 0), [2, 3]);
    assert.deepEqual(numbers(0x0d, 1, 2, 3, 4), [1]);
    assert.deepEqual(numbers(0x09, 1, 2, 3, 4, 5, 6, 7, 8), [1]);
    for (const type of [3, 4, 6, 7]) assert.equal(numbers(8 + type, 0), undefined);
  });

  it("refuses a value that continues after the end", () => {
    for (const from of [[0x08], [0x08, 0x80], [0x12], [0x12, 1], [0x12, 3, 1, 2], [0x0d, 1, 2, 3]])
      assert.equal(numbers(...from), undefined, `${from}`);
    assert.equal(numbers(0x09, 1, 2, 3, 4, 5, 6, 7), undefined);
    assert.equal(numbers(0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 1), undefined);
  });

  it("refuses a number that is not in its shortest form, or longer than ten bytes", () => {
    assert.deepEqual(numbers(0x08, 0), [1]);
    assert.equal(numbers(0x08, 0x80, 0), undefined);
    assert.equal(numbers(0x88, 0, 1), undefined);
    assert.equal(numbers(0x12, 0x81, 0, 1), undefined);
    const nine = new Array(9).fill(0xff);
    assert.deepEqual(numbers(0x08, ...nine, 1), [1]);
    assert.equal(numbers(0x08, ...nine, 0xff, 1), undefined);
  });

  it("refuses field numbers that protobuf does not have", () => {
    assert.equal(numbers(0x00, 1), undefined);
    assert.deepEqual(numbers(0xf8, 0xff, 0xff, 0xff, 0x0f, 1), [2 ** 29 - 1]);
    assert.equal(numbers(0x80, 0x80, 0x80, 0x80, 0x10, 1), undefined);
  });

  it("refuses more than 64 fields", () => {
    const fields = (many: number) => new Array(many).fill([0x08, 1]).flat();
    assert.equal(numbers(...fields(64))?.length, 64);
    assert.equal(numbers(...fields(65)), undefined);
  });

  const plain = message({
    three: repeated(3, bytes(2), 2),
    two: optional(2, text(1, 4)),
    one: required(1, count(1, 300)),
  });
  const read = (...fields: Uint8Array[]) => plain.read(concat(...fields));
  const [one, two, three] = [field(1, 300), field(2, [0x61]), field(3, [1, 2])];

  it("writes fields in the order of their numbers and reads them in any order", () => {
    const value = { three: [Uint8Array.of(1, 2)], two: "a", one: 300 };
    assert.deepEqual(plain.write(value), concat(one, two, three));
    assert.deepEqual(read(three, one, two), value);
    assert.deepEqual(read(one), { one: 300, three: [] });
  });

  it("refuses a known field that is missing, doubled, of another type or out of bounds", () => {
    assert.equal(read(two, three), undefined);
    assert.equal(read(one, one), undefined);
    assert.equal(read(one, two, two), undefined);
    assert.ok(read(one, three, three));
    assert.equal(read(one, three, three, three), undefined);
    assert.equal(read(field(1, [1])), undefined);
    assert.equal(read(one, field(2, 1)), undefined);
    for (const wrong of [0, 301]) assert.equal(read(field(1, wrong)), undefined);
    for (const wrong of [[], [97, 97, 97, 97, 97], [0xff]])
      assert.equal(read(one, field(2, wrong)), undefined);
    for (const wrong of [[1], [1, 2, 3]]) assert.equal(read(one, field(3, wrong)), undefined);
  });

  it("throws for a value of ours that breaks a bound", () => {
    const write = (value: object) => () => plain.write({ one: 1, three: [], ...value });
    for (const wrong of [0, 301, 1.5, Number.NaN]) assert.throws(write({ one: wrong }), RangeError);
    for (const wrong of ["", "aaaaa", "世界"]) assert.throws(write({ two: wrong }), RangeError);
    const pair = new Uint8Array(2);
    for (const wrong of [[new Uint8Array(1)], [pair, pair, pair]])
      assert.throws(write({ three: wrong }), RangeError);
    const even = where(count(), (value) => value % 2 === 0);
    assert.throws(() => even.write(3), RangeError);
    assert.equal(even.read(Uint8Array.of(3)), undefined);
  });

  it("reads a number of up to 2^53 - 1 exactly and refuses greater ones", () => {
    const number = message({ value: required(1, count()) });
    const most = Number.MAX_SAFE_INTEGER;
    assert.deepEqual(number.read(number.write({ value: most })), { value: most });
    for (const value of [2 ** 53, 2 ** 53 + 2, 2 ** 63])
      assert.equal(number.read(field(1, value)), undefined);
  });

  it("keeps no view of the bytes that it read", () => {
    const from = plain.write({ one: 1, three: [Uint8Array.of(7, 8)] });
    const value = plain.read(from);
    from.fill(0);
    assert.deepEqual(value, { one: 1, three: [Uint8Array.of(7, 8)] });
  });

  it("refuses any bytes or reads a value that writes the same bytes in order", () => {
    let accepted = 0;
    const piece = fc.oneof(
      fc.constantFrom(one, two, three, field(1, 1), field(4, 9), field(5, [1])),
      fc.uint8Array({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const from = concat(...pieces);
        const value = plain.read(from);
        if (value === undefined) return;
        accepted += 1;
        assert.deepEqual(plain.write(value), canonical(from, { 1: true, 2: true, 3: true }));
      }),
      { numRuns: 3000 },
    );
    assert.ok(accepted > 100, `only ${accepted} inputs were accepted`);
  });
});
