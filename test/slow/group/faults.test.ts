/**
 * Copies of the rules of the log with one fault each: every one has to break a law. A law that no
 * fault breaks, or a fault that no law notices, would say nothing.
 */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import fc from "fast-check";
import { historiesOf, type Replay } from "../../group/histories.ts";
import { laws } from "../../group/laws.ts";

interface Fault {
  readonly name: string;
  readonly file: "judgement.ts" | "rank.ts" | "replay.ts";
  readonly from: string;
  readonly to: string;
}

const faults: readonly Fault[] = [
  {
    name: "a later grant is senior to an earlier one",
    file: "rank.ts",
    from: "if (difference !== 0) return difference;",
    to: "if (difference !== 0) return -difference;",
  },
  {
    name: "an operation counts in the order of arrival",
    file: "replay.ts",
    from: ".sort(inLogOrder)",
    to: "",
  },
  {
    name: "restrictions are settled in log order",
    file: "replay.ts",
    from: "return byRank || inLogOrder(a.op, b.op);",
    to: "return inLogOrder(a.op, b.op) || byRank;",
  },
  {
    name: "what a member did beside its removal counts",
    file: "replay.ts",
    from: "if (targets.includes(op.author)) {",
    to: "if (targets.includes(op.author) && kind === undefined) {",
  },
  {
    name: "a dissolution leaves what it did not know",
    file: "replay.ts",
    from: 'if (action.kind === "dissolve") {',
    to: "if (action.kind === undefined) {",
  },
  {
    name: "a junior removes a senior",
    file: "judgement.ts",
    from: "if (isMember(target, past)) return isSenior(rank, rankOf(target, past));",
    to: "if (isMember(target, past)) return true;",
  },
  {
    name: "a junior demotes a senior",
    file: "judgement.ts",
    from: "if (!isSenior(rank, theirs)) return false;",
    to: "",
  },
  {
    name: "one that left cannot be stopped",
    file: "judgement.ts",
    from: "return left !== undefined && isSenior(rank, left.rank);",
    to: "return false;",
  },
  {
    name: "an add beside a removal counts",
    file: "judgement.ts",
    from: "past(end.op) && !precedes(end.op, grant.op),",
    to: "past(end.op) && precedes(grant.op, end.op),",
  },
  {
    name: "a removal is for good",
    file: "judgement.ts",
    from: "past(end.op) && !precedes(end.op, grant.op),",
    to: "past(end.op),",
  },
  {
    name: "nobody succeeds a founder that left",
    file: "judgement.ts",
    from: "return first && { member: first.member, rank: [first.op] };",
    to: "return undefined;",
  },
  {
    name: "a reader goes on writing",
    file: "judgement.ts",
    from: 'role === "reader" ? ["role", "writing"] : ["role"]',
    to: '["role"]',
  },
  {
    name: "a consent is used again",
    file: "judgement.ts",
    from: "if ((consents.get(consentOf(entry)) ?? []).some(past)) return false;",
    to: "",
  },
  {
    name: "a revoked link admits people",
    file: "judgement.ts",
    from: "|| link.ends.some(past)",
    to: "",
  },
  {
    name: "a link admits people after one that came by it was removed",
    file: "judgement.ts",
    from: "removes(end.op) && past(end.op)",
    to: "past(end.op) && end.op.action.kind === undefined",
  },
  {
    name: "any admin dissolves the group",
    file: "judgement.ts",
    from: "if (ownerOf(past) !== author) return false;",
    to: "",
  },
  {
    name: "an older certificate replaces a newer one",
    file: "judgement.ts",
    from: "const difference = one.entry.createdAt - other.entry.createdAt;",
    to: "const difference = other.entry.createdAt - one.entry.createdAt;",
  },
];

/** Histories in which a fault has to show. */
const HISTORIES = 1_000;
const source = fileURLToPath(new URL("../../../src/", import.meta.url));

describe("a planted fault", () => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-faults-"));
  before(() => {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    for (const module of ["base", "crypto", "ports", "wire"])
      symlinkSync(join(source, module), join(folder, module));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [number, { name, file, from, to }] of faults.entries())
    it(`is noticed: ${name}`, async () => {
      const copy = join(folder, `group-${number}`);
      cpSync(join(source, "group"), copy, { recursive: true });
      const text = readFileSync(join(copy, file), "utf8");
      assert.equal(text.split(from).length, 2, "the rule is in the source once");
      writeFileSync(join(copy, file), text.replace(from, to));
      const url = pathToFileURL(join(copy, "replay.ts")).href;
      const { replay } = (await import(url)) as { readonly replay: Replay };
      const broken = new Set<string>();
      const property = fc.property(historiesOf(replay), fc.nat(10_000), (history, other) => {
        for (const [law, holds] of Object.entries(laws))
          try {
            holds(history, other);
          } catch {
            broken.add(law);
          }
        return broken.size === 0;
      });
      const { failed } = fc.check(property, { numRuns: HISTORIES, seed: 1, endOnFailure: true });
      assert.ok(failed, "no law is broken");
    });
});
