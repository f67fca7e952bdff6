import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NetState } from "../../../src/api/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { BootstrapNodes } from "../../../src/daemon/node/bootstrap-nodes.ts";
import { createNetwork, watchNetwork } from "../../../src/daemon/node/network.ts";
import type { Network } from "../../../src/daemon/rpc/methods/method-types.ts";
import { readConfig } from "../../../src/daemon/settings/config.ts";
import { RecordValidator } from "../../../src/dht/index.ts";
import { createNode, type SottoNode } from "../../../src/node/index.ts";
import { silent } from "../../../src/ports/index.ts";
import { fakeMessenger } from "../fake.ts";
import { handClock } from "../hand-clock.ts";

const PEER = "12D3KooWCPiZWZFWfiX16LQyeAEHc8ujqaaB3tmP3PvxER9Q9Nct";
const SOUND = `/ip4/127.0.0.1/tcp/1/p2p/${PEER}`;

const config = {
  listen: ["/ip4/127.0.0.1/tcp/0"],
  announce: [],
  mdns: false,
  privateWan: false,
  validator: new RecordValidator(nodeCrypto().verify, Date.now),
  log: silent,
};

describe("daemon/network", () => {
  let directory: string;
  let settings: string;
  let node: SottoNode;
  let other: SottoNode | undefined;
  let network: Network;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-network-"));
    settings = join(directory, "config.json");
    node = await createNode({ ...config, bootstrap: [] });
    const own = new BootstrapNodes(node, { bootstrap: [], bootstrapInvited: [] });
    network = createNetwork(node, fakeMessenger(), own, settings);
  });
  after(async () => {
    await node.stop();
    await other?.stop();
    await rm(directory, { recursive: true });
  });

  it("reports its state when it is another one, each time at the next look", async () => {
    const clock = handClock();
    const seen: NetState[] = [];
    other = await createNode({ ...config, bootstrap: [] });
    const stop = watchNetwork(network, clock, (state) => seen.push(state));
    clock.pass(1000);
    clock.pass(1000);
    assert.equal(seen.length, 0);
    const [address = ""] = other.status().listening;
    const bootstrap = `${address}/p2p/${other.status().host}`;
    node.addBootstrap(bootstrap);
    while (!network.state().connected) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(seen.length, 0, "it looks at its times only");
    clock.pass(1000);
    const expected = [{ address: bootstrap, state: "connected" }];
    assert.deepEqual(
      seen.map((state) => [state.connected, state.bootstrap]),
      [[true, expected]],
    );
    stop();
    node.removeBootstrap(bootstrap);
    clock.pass(5000);
    assert.equal(seen.length, 1);
  });

  it("keeps and tries an address that can be one, once", async () => {
    await network.addBootstrap(SOUND);
    await network.addBootstrap(SOUND);
    assert.deepEqual(
      network.bootstrap().map(({ address }) => address),
      [SOUND],
    );
    assert.deepEqual(JSON.parse(await readFile(settings, "utf8")), { bootstrap: [SOUND] });
  });

  it("rejects an invalid bootstrap address, and adds it neither to the node nor to the settings", async () => {
    const [own = ""] = node.status().listening;
    const bad = [
      "nonsense",
      "",
      "/ip4/203.0.113.7/tcp/4001",
      `/ip4/999.1.1.1/tcp/4001/p2p/${PEER}`,
      `/ip4/203.0.113.7/tcp/99999/p2p/${PEER}`,
      `/ip4/203.0.113.7/udp/4001/p2p/${PEER}`,
      `/ip4/203.0.113.7/tcp/4001/p2p/${PEER.slice(0, -1)}`,
      `/ip4/203.0.113.7/tcp/4001/p2p/${PEER}/p2p-circuit/p2p/${PEER}`,
      `${own}/p2p/${node.transport.host}`,
    ];
    for (const address of bad)
      await assert.rejects(network.addBootstrap(address), { code: "address-invalid" }, address);
    assert.deepEqual(
      network.bootstrap().map(({ address }) => address),
      [SOUND],
    );
    const { bootstrap } = await readConfig(settings, {});
    assert.deepEqual(bootstrap, [SOUND]);
  });

  it("marks bootstrap nodes of an invite as such, until the user adds them", async () => {
    const PUBLIC = `/ip4/203.0.113.7/tcp/4001/p2p/${PEER}`;
    const origin = () => network.bootstrap().find(({ address }) => address === PUBLIC)?.origin;
    await network.learn([PUBLIC]);
    assert.equal(origin(), "invite");
    assert.deepEqual((await readConfig(settings, {})).bootstrapInvited, [PUBLIC]);
    await network.addBootstrap(PUBLIC);
    assert.equal(origin(), "own");
    assert.deepEqual((await readConfig(settings, {})).bootstrapInvited, []);
    await network.removeBootstrap(PUBLIC);
    assert.equal(origin(), undefined);
  });

  it("does not go on trying what the settings have no place for", async () => {
    const full = Array.from({ length: 64 }, (_, i) => `/ip4/127.0.0.1/tcp/${i + 2}/p2p/${PEER}`);
    let taken = 0;
    try {
      for (const address of full) {
        await network.addBootstrap(address);
        taken++;
      }
    } catch (error) {
      assert.match(`${error}`, /already \d+ bootstrap addresses/);
    }
    assert.ok(taken < full.length);
    assert.equal(network.bootstrap().length, 1 + taken);
    await writeFile(settings, "not JSON");
    await assert.rejects(network.addBootstrap(full.at(-1) ?? ""), { code: "config-invalid" });
    assert.equal(network.bootstrap().length, 1 + taken);
  });
});
