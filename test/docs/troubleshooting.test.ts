import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { contactCauses, errorTable, nodeFindings } from "../../src/base/index.ts";

const page = readFileSync(new URL("../../docs/TROUBLESHOOTING.md", import.meta.url), "utf8");

/** Codes that the rows of one section name in their first column. */
function codesIn(text: string, heading: string): string[] {
  const section = text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  const first = [...section.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell = ""]) => cell);
  return first.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code ?? ""));
}

describe("docs/TROUBLESHOOTING.md", () => {
  it("explains every cause of a missing contact, and no other", () => {
    assert.deepEqual(
      codesIn(page, "Not connected to a contact").sort(),
      Object.keys(contactCauses).sort(),
    );
  });

  it("explains every finding about the node, and no other", () => {
    assert.deepEqual(
      codesIn(page, "Findings about this node").sort(),
      Object.keys(nodeFindings).sort(),
    );
  });

  it("names errors that exist", () => {
    const named = ["The node does not start", "Disk and store"].flatMap((heading) =>
      codesIn(page, heading),
    );
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((code) => !(code in errorTable) && !(code in nodeFindings)),
      [],
    );
  });

  it("is compared so that a missing row shows", () => {
    const fewer = page.replace(/^\| `unreachable`.*\n/m, "");
    assert.notEqual(fewer, page);
    assert.ok(!codesIn(fewer, "Not connected to a contact").includes("unreachable"));
  });
});
