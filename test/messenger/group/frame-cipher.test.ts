import assert from "node:assert/strict";
import { GroupFrameOpener, GroupFrameSealer } from "../../../src/messenger/group/frame-cipher.ts";
import { crypto } from "../../group/people.ts";

const key = () => new Uint8Array(32).fill(7);
const text = Uint8Array.of(1, 2, 3);
const pair = () =>
  [new GroupFrameSealer(crypto, key()), new GroupFrameOpener(crypto, key())] as const;

describe("messenger/group/frame-cipher", () => {
  it("opens frames in the order in which they were sealed", () => {
    const [sealer, opener] = pair();
    for (let i = 0; i < 3; i++) assert.deepEqual(opener.open(sealer.seal(text)), text);
  });

  it("refuses a replayed and a skipped frame, and still opens the next one", () => {
    const [sealer, opener] = pair();
    const [first, second, third] = [sealer.seal(text), sealer.seal(text), sealer.seal(text)];
    assert.ok(opener.open(first));
    assert.equal(opener.open(first), undefined);
    assert.equal(opener.open(third), undefined);
    assert.deepEqual(opener.open(second), text);
  });

  it("refuses a frame with any byte changed, truncated or of another counter", () => {
    const [sealer, opener] = pair();
    const frame = sealer.seal(text);
    for (let i = 0; i < frame.length; i++) {
      const changed = frame.slice();
      changed[i] = (changed[i] ?? 0) ^ 1;
      assert.equal(opener.open(changed), undefined);
      assert.equal(opener.open(frame.subarray(0, i)), undefined);
    }
    assert.deepEqual(opener.open(frame), text);
  });
});
