import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const workflow = read(".github/workflows/ci.yml");

/** Commands of all steps, without what makes them run as root. */
const commands = (text: string) =>
  [...text.matchAll(/^ +- run: (?:sudo env "PATH=\$PATH" )?(.*)$/gm)].map(([, command]) => command);

describe(".github/workflows/ci.yml", () => {
  it("runs .ci/run and nothing else", () => {
    assert.deepEqual(commands(workflow), [".ci/run", ".ci/run", ".ci/run --slow"]);
    assert.doesNotMatch(workflow, /run: \|/);
  });

  it("runs on the oldest supported major version of Node, and on a newer one", () => {
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    const oldest = Number(/^>=(\d+)/.exec(engines.node)?.[1]);
    const versions = [...workflow.matchAll(/^ +node: \[(.*)\]$/gm)].map(([, list = ""]) =>
      list.split(",").map(Number),
    );
    assert.equal(versions.length, 2);
    for (const list of versions) {
      assert.ok(list.includes(oldest), `${oldest} in [${list}]`);
      assert.ok(list.some((version) => version > oldest));
    }
  });
});
