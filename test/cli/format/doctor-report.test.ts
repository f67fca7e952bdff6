import assert from "node:assert/strict";
import { Command } from "commander";
import type { DoctorOfContact, DoctorOfNode } from "../../../src/api/index.ts";
import {
  contactCauses,
  errorTable,
  holeFailures,
  type NodeFinding,
  nodeFindings,
  written,
} from "../../../src/base/index.ts";
import { commands } from "../../../src/cli/commands.ts";
import { contactLines, nodeLines } from "../../../src/cli/format/doctor-report.ts";
import type { Context } from "../../../src/cli/runtime/context.ts";
import { shownContact } from "../contact.ts";

/** Every text with its remedy: findings, causes, failed hole punches. */
const rows = [nodeFindings, contactCauses, holeFailures].flatMap((table) =>
  Object.entries(table as Record<string, { readonly text: string; readonly remedy: string }>),
);
/** Every remedy, those of the error table too. */
const remedies = [...rows, ...Object.entries(errorTable)].map(
  ([what, { remedy }]) => [what, remedy] as const,
);

const report = (changed: Partial<DoctorOfContact>): DoctorOfContact => ({
  contact: shownContact,
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

/** The report of a node without a proxy in which these findings apply. */
const nodeReport = (...whats: NodeFinding[]) =>
  ({
    status: {
      protection: "key-file",
      addresses: [],
      invisible: false,
      net: {
        peers: 0,
        lanDht: 0,
        wanDht: 0,
        wanMode: "client",
        privateNetwork: false,
        listening: [],
        nat: { kind: "none", punches: { made: 0, failed: 0 }, portMap: { state: "none" } },
        reach: { verdict: "unknown", addresses: [], asked: 0, seenAs: [] },
        bootstrap: [],
        mdns: true,
        mdnsRefused: [],
        publicDht: { state: "off", peers: 0 },
      },
    },
    records: { wanted: 0, held: 0, refused: 0 },
    publicKeys: { wanted: 0, held: 0, refused: 0 },
    clock: { setBy: 0, compared: 0 },
    findings: whats.map((what) => ({ what, severity: nodeFindings[what].severity })),
  }) as unknown as DoctorOfNode;

describe("the report of sotto doctor", () => {
  let program: Command;
  before(async () => {
    program = new Command("sotto");
    for (const { name, load } of commands)
      (await load()).define(program.command(name), {} as Context);
  });

  it("has whole sentences for every finding, cause and remedy, and no text twice", () => {
    for (const [what, { text, remedy }] of rows) {
      assert.match(text, /^(?:[A-Z]|mDNS).*\.$/s, what);
      assert.match(remedy, /^[A-Z].*[.)]$/s, what);
    }
    assert.equal(new Set(rows.map(([, { text }]) => text)).size, rows.length);
  });

  it("names only commands and options that exist, also in the error table", () => {
    let named = 0;
    // A command ends with its sentence, or at the next punctuation mark.
    for (const [what, remedy] of remedies)
      for (const [, line = ""] of remedy
        .replaceAll(/\.(?=\s|$)/g, ";")
        .matchAll(/\bsotto ([^,;:()]*)/g)) {
        const words = line.trim().split(/\s+/);
        let command = program;
        for (const word of words) {
          const next = command.commands.find((each) => each.name() === word);
          if (next === undefined) break;
          command = next;
        }
        assert.ok(command !== program, `${what}: sotto ${line}`);
        const runs = command.commands.length === 0 || words.length === 1;
        assert.ok(runs, `${what}: sotto ${line} needs a subcommand`);
        for (const option of words.filter((word) => /^--(?!help|json)/.test(word)))
          assert.ok(
            command.options.some(({ long }) => long === option),
            `${what}: sotto ${line}`,
          );
        named++;
      }
    assert.ok(named > 90, `${named}`);
  });

  it("does not claim to know who is invisible and who is offline", () => {
    for (const cause of ["no-record", "record-expired", "unrecognized"] as const)
      assert.match(contactCauses[cause].text, /invisible/);
  });

  it("shows the reason of each address, and explains a reason that all of them share", () => {
    const mixed = text({ cause: "unreachable", dials });
    assert.match(mixed, /dialed \/ip4\/203\.0\.113\.7\/tcp\/1: refused/);
    assert.match(mixed, /dialed \/ip4\/203\.0\.113\.8\/tcp\/1: timed out/);
    for (const [reason, meaning] of [
      ["refused", /no node listens on that port/],
      ["timed out", /a firewall drops packets/],
      ["no route", /its own network/],
    ] as const) {
      const alike = dials.map(({ address }) => dial(address, reason));
      assert.match(text({ cause: "unreachable", dials: alike }), meaning);
      assert.doesNotMatch(mixed, meaning);
    }
  });

  it("blames neither their computer nor our network where every address is private", () => {
    const privately = (reason: string, ...more: DoctorOfContact["dials"]) => {
      const address = "/ip4/100.64.2.2/tcp/1";
      const one = { ...dial(address, reason), reach: "private" } as const;
      return text({ cause: "unreachable", dials: [one, ...more] });
    };
    assert.match(privately("timed out"), /private: .*own network only\. On it, a timeout/);
    assert.match(privately("no route"), /private: they can be reached from their own network only/);
    assert.doesNotMatch(privately("no route"), /check its own network/);
    const mixed = privately("no route", dial("/ip4/203.0.113.7/tcp/1", "no route"));
    assert.match(mixed, /check its own network/);
  });

  it("says whether a live link is direct or goes through the proxy", () => {
    const linked = (route: "direct" | "proxy") =>
      text({
        contact: { ...shownContact, online: true, route },
        link: { since: Date.now(), heardAt: Date.now(), address: "/ip4/1.2.3.4", outbound: true },
      });
    assert.match(linked("direct"), /^connection direct, for/);
    assert.match(linked("proxy"), /^connection via proxy, for/);
  });

  it("shows an address once that was dialed twice with the same result", () => {
    const last = { ...dial("/ip4/203.0.113.7/tcp/1", "refused"), from: "last" } as const;
    const lines = (...all: DoctorOfContact["dials"]) =>
      contactLines(report({ cause: "unreachable", dials: all })).filter(
        ({ topic }) => topic === "dialed",
      ).length;
    assert.equal(lines(last, ...dials), 2);
    assert.equal(lines({ ...last, reason: "no route" }, ...dials), 3);
    assert.equal(lines({ ...last, reached: true, answer: "silent" }, ...dials), 3);
  });

  it("counts messages that are not shown, as their place in the order is refused", () => {
    assert.match(text({ refused: { held: 2, dropped: 0 } }), /\norder 2 messages held back: /);
    assert.match(
      text({ refused: { held: 1, dropped: 3 } }),
      /\norder 1 message held back, 3 messages dropped: .*pair again/,
    );
    assert.doesNotMatch(text({}), /order/);
  });

  it("shows what both routers do after hole punching, and theirs only if they reported it", () => {
    const hole = { cause: "unreachable", hole: "symmetric" } as const;
    const both = text({ ...hole, routers: { ours: "preserving", theirs: "symmetric" } });
    assert.match(both, /yours keeps ports.*; theirs uses a different port for each connection/);
    assert.doesNotMatch(text(hole), /theirs (?:is|keeps|uses)/);
    assert.doesNotMatch(text({ cause: "unreachable" }), /routers/);
  });

  it("shows how the clocks differ only if their record proves it", () => {
    const record = { age: 0, ahead: 300_000, addresses: [] };
    assert.match(text({ cause: "unreachable", record }), /clock theirs is at least 5 min ahead/);
    assert.match(
      text({ cause: "unreachable", record: { ...record, ahead: 0 } }),
      /clock no difference between theirs and yours found/,
    );
    const early = { why: "early", off: 10_800_000 };
    assert.match(text({ cause: "clock-skew", recordRefused: early }), /clock theirs is 3 h ahead/);
    for (const recordRefused of [{ why: "stale", off: -10_800_000 }, { why: "forged" }])
      assert.doesNotMatch(text({ cause: "record-expired", recordRefused }), /\nclock /);
  });

  it("shows one line for each topic of the node, with its worst finding and the remedy", () => {
    const lines = nodeLines(nodeReport("no-bootstrap", "no-peers", "key-file"));
    const of = (wanted: string) =>
      lines
        .filter(({ topic }) => topic === wanted)
        .map((line) => ({ ...line, text: written(line.text) }));
    assert.deepEqual(of("bootstrap"), [
      {
        state: "note",
        topic: "bootstrap",
        text:
          "none\n" +
          "No bootstrap node configured; you cannot be found outside your local network.",
        remedy: nodeFindings["no-bootstrap"].remedy,
      },
    ]);
    assert.equal(of("network")[0]?.state, "error");
    assert.equal(of("protection")[0]?.remedy, nodeFindings["key-file"].remedy);
    assert.deepEqual(
      of("clock").map(({ state }) => state),
      ["ok"],
    );
    assert.deepEqual(of("proxy"), []);
  });

  it("marks a router that no peer has tested as a note, not as working", () => {
    const report = nodeReport();
    const routerState = () => nodeLines(report).find(({ topic }) => topic === "router")?.state;
    assert.equal(routerState(), "ok");
    Object.assign(report.status.net.nat, { kind: "unknown" });
    assert.equal(routerState(), "note");
  });

  it("shows every finding, also of a topic that the node has no facts about", () => {
    for (const what of Object.keys(nodeFindings) as NodeFinding[]) {
      const { severity, text, remedy } = nodeFindings[what];
      const found = nodeLines(nodeReport(what)).filter((line) => line.remedy === remedy);
      assert.equal(found.length, 1, what);
      assert.equal(found[0]?.state, severity);
      assert.ok(written(found[0]?.text ?? "").endsWith(text), what);
    }
  });
});
