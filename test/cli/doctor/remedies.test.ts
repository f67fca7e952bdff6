import assert from "node:assert/strict";
import { Command } from "commander";
import type { DoctorOfContact } from "../../../src/api/index.ts";
import { contactCauses } from "../../../src/base/index.ts";
import { commands } from "../../../src/cli/commands.ts";
import { causeWords } from "../../../src/cli/doctor/causes.ts";
import { contactLines, holeWords } from "../../../src/cli/doctor/contact.ts";
import { remedies } from "../../../src/cli/doctor/node.ts";
import type { Context } from "../../../src/cli/runtime/context.ts";

const causes = [...contactCauses, "proxy-down"] as const;

/** Every remedy of the doctor's, by what it is for. */
const all: Readonly<Record<string, string>> = {
  ...remedies,
  ...Object.fromEntries(causes.map((cause) => [cause, causeWords(cause, "bob").remedy])),
  ...Object.fromEntries(Object.entries(holeWords).map(([why, { remedy }]) => [why, remedy])),
};

const report = (changed: Partial<DoctorOfContact>): DoctorOfContact => ({
  contact: {
    account: "a",
    name: "bob",
    pairing: "confirmed",
    verified: true,
    blocked: false,
    keyChanged: false,
    online: false,
    announced: false,
    waiting: 0,
    unread: 0,
    timer: 0,
    receipts: true,
    policy: "any",
    addedAt: 0,
  } as DoctorOfContact["contact"],
  session: "kept",
  dials: [],
  routers: { ours: "preserving" },
  failures: 1,
  ...changed,
});
const text = (changed: Partial<DoctorOfContact>): string =>
  contactLines(report(changed))
    .map((line) => [line.topic, line.text, line.remedy].join(" "))
    .join("\n");

const dial = (address: string, reason: string) =>
  ({ address, reach: "public", from: "record", reached: false, reason }) as const;

const dials = [
  dial("/ip4/203.0.113.7/tcp/1", "refused"),
  dial("/ip4/203.0.113.8/tcp/1", "timed out"),
];

describe("the doctor's words", () => {
  let program: Command;
  before(async () => {
    program = new Command("sotto");
    for (const { name, load } of commands)
      (await load()).define(program.command(name), {} as Context);
  });

  it("name a next step for every cause and finding, and say each cause in a sentence", () => {
    for (const [what, remedy] of Object.entries(all)) assert.ok(remedy.length > 10, what);
    for (const cause of causes) assert.match(causeWords(cause, "bob").text, /^[A-Z].*\.$/);
    const texts = causes.map((cause) => causeWords(cause, "bob").text);
    assert.equal(new Set(texts).size, causes.length, "two causes read alike");
  });

  it("send nobody to a command or an option that is not there", () => {
    let named = 0;
    for (const [what, remedy] of Object.entries(all))
      for (const [, line = ""] of remedy.matchAll(/\bsotto ([^,;:()→]*)/g)) {
        const words = line.trim().split(/\s+/);
        let command = program;
        for (const word of words) {
          const next = command.commands.find((each) => each.name() === word);
          if (next === undefined) break;
          command = next;
        }
        assert.ok(command !== program, `${what}: sotto ${line}`);
        const runs = command.commands.length === 0 || words.length === 1;
        assert.ok(runs, `${what}: sotto ${line} needs a word more`);
        for (const option of words.filter((word) => word.startsWith("--") && word !== "--help"))
          assert.ok(
            command.options.some(({ long }) => long === option),
            `${what}: sotto ${line}`,
          );
        named++;
      }
    assert.ok(named > 30);
  });

  it("do not pretend to tell who is invisible from who is away", () => {
    for (const cause of ["no-record", "record-old", "not-known"] as const)
      assert.match(causeWords(cause, "bob").text, /invisible/);
  });

  it("show each address with its own reason, and what all of them together mean", () => {
    const mixed = text({ cause: "unreached", dials });
    assert.match(mixed, /dialled \/ip4\/203\.0\.113\.7\/tcp\/1: refused/);
    assert.match(mixed, /dialled \/ip4\/203\.0\.113\.8\/tcp\/1: timed out/);
    for (const [reason, meaning] of [
      ["refused", /no node of theirs runs behind that port/],
      ["timed out", /the two look alike/],
      ["no route", /its own network/],
    ] as const) {
      const alike = dials.map(({ address }) => dial(address, reason));
      assert.match(text({ cause: "unreached", dials: alike }), meaning);
      assert.doesNotMatch(mixed, meaning);
    }
  });

  it("show an address once where it was tried twice with the same end", () => {
    const last = { ...dial("/ip4/203.0.113.7/tcp/1", "refused"), from: "last" } as const;
    const lines = (...all: DoctorOfContact["dials"]) =>
      contactLines(report({ cause: "unreached", dials: all })).filter(
        ({ topic }) => topic === "dialled",
      ).length;
    assert.equal(lines(last, ...dials), 2);
    assert.equal(lines({ ...last, reason: "no route" }, ...dials), 3);
    assert.equal(lines({ ...last, reached: true, answer: "silent" }, ...dials), 3);
  });

  it("show what both routers do where a hole was tried, and theirs only where they told", () => {
    const hole = { cause: "unreached", hole: "symmetric" } as const;
    const both = text({ ...hole, routers: { ours: "preserving", theirs: "symmetric" } });
    assert.match(both, /ours keeps ports.*; theirs gives each connection another port/);
    assert.doesNotMatch(text(hole), /theirs (?:is|keeps|gives)/);
    assert.doesNotMatch(text({ cause: "unreached" }), /routers/);
  });

  it("show how the clocks differ where their record proves it, and nothing more", () => {
    const record = { age: 0, ahead: 300_000, addresses: [] };
    assert.match(text({ cause: "unreached", record }), /clock theirs is at least 5 min ahead/);
    assert.match(
      text({ cause: "unreached", record: { ...record, ahead: 0 } }),
      /clock nothing says that theirs and ours differ/,
    );
    const early = { why: "early", off: 10_800_000 };
    assert.match(text({ cause: "clock-apart", recordRefused: early }), /clock theirs is 3 h ahead/);
    for (const recordRefused of [{ why: "stale", off: -10_800_000 }, { why: "forged" }])
      assert.doesNotMatch(text({ cause: "record-old", recordRefused }), /\nclock /);
  });
});
