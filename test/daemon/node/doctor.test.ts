import assert from "node:assert/strict";
import type { DoctorOfNode, NodeFinding, NodeStatus } from "../../../src/api/index.ts";
import { dialReasons, limits, nodeFindings } from "../../../src/base/index.ts";
import { createDoctor, findingsOf } from "../../../src/daemon/node/doctor.ts";
import { fakeMessenger } from "../fake.ts";

const ADDRESS = "/ip4/203.0.113.7/tcp/4001/p2p/x";

/** A node with which nothing is wrong. */
function well(): Omit<DoctorOfNode, "findings"> {
  return {
    status: {
      protection: "passphrase",
      addresses: ["/ip4/198.51.100.1/tcp/1"],
      disk: { low: false, free: 2 ** 30 },
      net: {
        peers: 3,
        lanDht: 1,
        wanDht: 2,
        listening: ["/ip4/0.0.0.0/tcp/1"],
        nat: { kind: "none", punches: { made: 0, failed: 0 }, portMap: { state: "none" } },
        reach: { verdict: "reachable", addresses: [], asked: 1, seenAs: [] },
        bootstrap: [{ address: ADDRESS, state: "connected" }],
        mdns: true,
        mdnsRefused: [],
        publicDht: { state: "off", peers: 0 },
      },
    } as unknown as NodeStatus,
    records: { wanted: 2, held: 2, refused: 0 },
    publicKeys: { wanted: 2, held: 2, refused: 0 },
    clock: { setBy: 0, compared: 1, theirsAhead: -5000 },
  };
}

type Part = Partial<Record<string, unknown>>;

function findings(change: {
  status?: Part;
  net?: Part;
  records?: Part;
  publicKeys?: Part;
  clock?: Part;
}) {
  const { status, records, publicKeys, clock } = well();
  const net = { ...status.net, ...change.net };
  return findingsOf({
    status: { ...status, ...change.status, net } as NodeStatus,
    records: { ...records, ...change.records },
    publicKeys: { ...publicKeys, ...change.publicKeys },
    clock: { ...clock, ...change.clock },
  });
}

const { nat } = well().status.net;
const unasked = { verdict: "unknown" };
const unreached = { verdict: "unreachable" };
const inside = { state: "mapped", by: "upnp", address: "/ip4/100.64.0.9/tcp/4001" };
const checkProxy = async () => undefined;
const lost = { address: ADDRESS, state: "searching", error: "refused" };
const portal = { ...lost, error: dialReasons.webServer };
const replaced = { ...lost, error: dialReasons.otherHost };
const foreign = { ...lost, error: dialReasons.otherNetwork };

describe("daemon/doctor", () => {
  it("finds nothing where all is well", () => {
    assert.deepEqual(findings({}), []);
  });

  /** What is found, in what, and what else is found there. */
  const cases: readonly [NodeFinding, Parameters<typeof findings>[0], NodeFinding?][] = [
    ["store-damaged", { status: { damage: { message: "x", remedy: "y" } } }],
    ["store-rolled-back", { status: { rolledBack: true } }],
    ["disk-low", { status: { disk: { low: true, free: 1 } } }],
    ["clock-behind", { clock: { theirsAhead: limits.clockSlack + 1 } }],
    ["clock-changed", { clock: { setBy: -limits.clockSlack - 1 } }],
    ["not-listening", { net: { listening: [] }, status: { addresses: [] } }],
    ["no-address", { status: { addresses: [] } }],
    ["loopback-only", { status: { addresses: ["/ip4/127.0.0.1/tcp/1"] } }],
    ["bootstrap-unreachable", { net: { bootstrap: [lost] } }],
    ["bootstrap-unreachable", { net: { bootstrap: [foreign] } }, "other-network"],
    ["no-peers", { net: { lanDht: 0, wanDht: 0 } }],
    ["no-peers", { net: { peers: 0 } }],
    ["no-bootstrap", { net: { bootstrap: [] } }],
    ["public-dht-unreachable", { net: { publicDht: { state: "lost", peers: 0 } } }],
    ["public-dht-unpublished", { publicKeys: { held: 0, refused: 2 } }],
    [
      "bootstrap-partly-unreachable",
      { net: { bootstrap: [...well().status.net.bootstrap, lost] } },
    ],
    ["bootstrap-unreachable", { net: { bootstrap: [portal, lost] } }, "captive-portal"],
    ["bootstrap-unreachable", { net: { bootstrap: [replaced] } }, "bootstrap-key-changed"],
    [
      "bootstrap-partly-unreachable",
      { net: { bootstrap: [...well().status.net.bootstrap, replaced] } },
      "bootstrap-key-changed",
    ],
    ["no-mdns", { net: { mdns: false } }],
    ["mdns-partial", { net: { mdnsRefused: ["eth7"] } }],
    ["records-refused", { records: { held: 0, refused: 2 } }],
    ["unreachable", { net: { reach: { verdict: "unreachable" } } }],
    ["reachability-unknown", { net: { reach: { verdict: "unknown" } } }],
    [
      "symmetric-nat",
      { net: { nat: { ...nat, kind: "symmetric" }, reach: unasked } },
      "reachability-unknown",
    ],
    [
      "double-nat",
      { net: { nat: { ...nat, portMap: inside }, reach: unasked } },
      "reachability-unknown",
    ],
    [
      "no-port-mapping",
      { net: { nat: { ...nat, portMap: { state: "silent" } }, reach: unreached } },
      "unreachable",
    ],
    [
      "no-port-mapping",
      { net: { nat: { ...nat, portMap: { state: "refused" } }, reach: unreached } },
      "unreachable",
    ],
    ["proxy-down", { net: { proxy: { state: "down" }, listening: [] } }],
    ["proxy-refused", { net: { proxy: { state: "refused" }, listening: [] } }],
    [
      "outbound-only",
      { net: { proxy: { state: "working" }, listening: [] }, status: { addresses: [] } },
    ],
    ["listens-outside-proxy", { net: { proxy: { state: "working" } } }],
    ["invisible", { status: { invisible: true } }],
    ["key-file", { status: { protection: "key-file" } }],
  ];
  for (const [what, change, beside] of cases)
    it(`finds ${what} ${beside === undefined ? "alone" : `and ${beside}`} in ${JSON.stringify(change)}`, () => {
      assert.deepEqual(findings(change), [...(beside ? [beside] : []), what]);
    });

  it("has a case for every finding", () => {
    const found = new Set(cases.flatMap(([what, , other]) => [what, ...(other ? [other] : [])]));
    assert.deepEqual([...found].toSorted(), Object.keys(nodeFindings).toSorted());
  });

  it("ignores the router of a node that peers can reach", () => {
    const portMap = { state: "silent" };
    assert.deepEqual(findings({ net: { nat: { ...nat, kind: "symmetric", portMap } } }), []);
    assert.deepEqual(findings({ net: { nat: { ...nat, portMap: inside } } }), []);
  });

  it("ignores what a proxy turns off", () => {
    const proxy = { state: "working" };
    const listening = ["/ip4/127.0.0.1/tcp/4001"];
    const reach = { verdict: "unknown" };
    assert.deepEqual(findings({ net: { proxy, listening, reach, mdns: false } }), []);
  });

  it("ignores rejected records while there were no peers", () => {
    const alone = { net: { peers: 0 }, records: { held: 0, refused: 2 } };
    assert.deepEqual(findings(alone), ["no-peers"]);
  });

  it("notices a changed clock, and reports it as a note", async () => {
    let now = 1_000_000;
    const clock = { now: () => now, elapsed: () => 500, after: () => () => undefined };
    const status = () => ({ ...well().status, protection: "key-file" }) as NodeStatus;
    const doctor = createDoctor({ messenger: fakeMessenger(), clock, status, checkProxy });
    now += 10 * limits.clockSlack;
    const { findings, clock: told } = await doctor.node();
    assert.equal(told.setBy, 10 * limits.clockSlack);
    assert.deepEqual(findings, [
      { what: "clock-changed", severity: "note" },
      { what: "key-file", severity: "note" },
    ]);
  });

  it("adds how far each address reaches", async () => {
    const messenger = fakeMessenger();
    const diagnosis = await messenger.diagnose("bob");
    const [dial] = diagnosis.dials;
    assert.ok(dial);
    const addresses = ["/ip4/10.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/1", "/ip4/8.8.8.8/tcp/1", "x"];
    messenger.diagnose = async () => ({
      ...diagnosis,
      dials: addresses.map((address) => ({ ...dial, address })),
    });
    const clock = { now: () => 0, elapsed: () => 0, after: () => () => undefined };
    const doctor = createDoctor({ messenger, clock, status: () => well().status, checkProxy });
    const { dials } = await doctor.contact("bob");
    assert.deepEqual(
      dials.map(({ reach }) => reach),
      ["private", "loopback", "public", "invalid"],
    );
  });

  it("replaces the cause of a failed search, and no local cause, by a proxy that is down", async () => {
    const messenger = fakeMessenger();
    const { cause: _any, ...diagnosis } = await messenger.diagnose("bob");
    const clock = { now: () => 0, elapsed: () => 0, after: () => () => undefined };
    let state = "working";
    const status = () => {
      const node = well().status;
      return { ...node, net: { ...node.net, proxy: { state } } } as unknown as NodeStatus;
    };
    // The proxy is tested when the doctor is called.
    const looked = async () => {
      state = "down";
    };
    const doctor = createDoctor({ messenger, clock, status, checkProxy: looked });
    for (const [cause, told] of [
      ["unreachable", "proxy-down"],
      ["no-record", "proxy-down"],
      ["blocked", "blocked"],
      [undefined, undefined],
    ] as const) {
      messenger.diagnose = async () => ({ ...diagnosis, ...(cause && { cause }) });
      assert.equal((await doctor.contact("bob")).cause, told);
    }
  });
});
