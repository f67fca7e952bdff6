import assert from "node:assert/strict";
import { concat, u32 } from "../../src/base/index.ts";
import { FloodMesh } from "../../src/group/flood-mesh.ts";
import { groupLimits } from "../../src/group/limits.ts";
import type { MeshVerdict } from "../../src/ports/index.ts";
import { crypto } from "./people.ts";

/** A router, what it delivered and whom it reported. */
function router(verdict: (data: Uint8Array) => MeshVerdict = () => "accept") {
  const delivered: string[] = [];
  const misbehaved: string[] = [];
  let judged = 0;
  const mesh = new FloodMesh(crypto, {
    validate: (data) => {
      judged++;
      return verdict(data);
    },
    deliver: (data, from) => delivered.push(`${from} ${data[0]}`),
    misbehaved: (member) => misbehaved.push(member),
  });
  return { mesh, delivered, misbehaved, judged: () => judged };
}
type Router = ReturnType<typeof router>;

/** Joins routers of these names where an edge says so; each copy is counted. */
function join(
  routers: Readonly<Record<string, Router>>,
  edges: readonly (readonly [string, string])[],
) {
  const count = { copies: 0 };
  const to = (from: string, name: string) => (rpc: Uint8Array) => {
    count.copies++;
    routers[name]?.mesh.take(from, rpc);
    return true;
  };
  for (const [a, b] of edges) {
    routers[a]?.mesh.add(b, to(a, b));
    routers[b]?.mesh.add(a, to(b, a));
  }
  return count;
}
const data = Uint8Array.of(7, 1, 2);

describe("group/flood-mesh", () => {
  it("delivers to every member once, over any links", () => {
    const routers = { a: router(), b: router(), c: router(), d: router() };
    const count = join(routers, [
      ["a", "b"],
      ["b", "c"],
      ["c", "d"],
      ["d", "a"],
      ["a", "c"],
    ]);
    assert.equal(routers.a.mesh.publish(data), 3);
    assert.deepEqual(routers.a.delivered, []);
    for (const { delivered } of [routers.b, routers.c, routers.d])
      assert.equal(delivered.length, 1);
    assert.equal(count.copies, 7, "none goes back to the one it came from");
    assert.equal(routers.a.mesh.publish(data), 3, "the author may send it again");
    assert.equal(routers.b.delivered.length, 1);
  });

  it("judges each data once, and neither delivers nor forwards what is not accepted", () => {
    for (const verdict of ["ignore", "reject"] as const) {
      const b = router(() => verdict);
      const routers = { a: router(), b, c: router() };
      join(routers, [
        ["a", "b"],
        ["b", "c"],
      ]);
      for (let i = 0; i < 3; i++) b.mesh.take("a", data);
      assert.equal(b.judged(), 1);
      assert.deepEqual([b.delivered, routers.c.delivered], [[], []]);
      assert.deepEqual(b.misbehaved, verdict === "reject" ? ["a"] : []);
    }
  });

  it("reports an RPC that is empty or too long without judging it", () => {
    const one = router();
    one.mesh.add("a", () => true);
    one.mesh.take("a", new Uint8Array(0));
    one.mesh.take("a", new Uint8Array(groupLimits.meshData + 1));
    assert.deepEqual(one.misbehaved, ["a", "a"]);
    assert.equal(one.judged(), 0);
    assert.throws(() => one.mesh.publish(new Uint8Array(groupLimits.meshData + 1)), RangeError);
  });

  it("takes nothing of a member that is not joined, or no longer", () => {
    const one = router();
    one.mesh.take("a", data);
    one.mesh.add("a", () => true);
    one.mesh.remove("a");
    one.mesh.take("a", data);
    assert.equal(one.mesh.publish(data), 0);
    assert.equal(one.judged(), 0);
  });

  it("counts only links that accepted the data", () => {
    const one = router();
    one.mesh.add("a", () => false);
    one.mesh.add("b", () => true);
    assert.equal(one.mesh.publish(data), 1);
  });

  it("knows the ids of the newest data, in bounded memory", () => {
    const one = router();
    one.mesh.add("a", () => true);
    const at = (n: number) => concat(Uint8Array.of(1), u32(n));
    const count = 2 * groupLimits.meshIds + 1;
    for (let n = 0; n < count; n++) one.mesh.take("a", at(n));
    assert.equal(one.judged(), count);
    for (let n = count - groupLimits.meshIds; n < count; n++) one.mesh.take("a", at(n));
    assert.equal(one.judged(), count, "the newest are known");
    one.mesh.take("a", at(0));
    assert.equal(one.judged(), count + 1, "the oldest is forgotten");
  });
});
