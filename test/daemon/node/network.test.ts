import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { BootstrapNodes } from "../../../src/daemon/node/bootstrap-nodes.ts";
import { createNetwork } from "../../../src/daemon/node/network.ts";
import type { Network } from "../../../src/daemon/rpc/methods/method-types.ts";
import { readConfig } from "../../../src/daemon/settings/config.ts";
import { RecordValidator } from "../../../src/dht/index.ts";
import { createNode, type SottoNode } from "../../../src/node/index.ts";
import { silent } from "../../../src/ports/index.ts";
import { fakeMessenger } from "../fake.ts";

const PEER = "12D3KooWCPiZWZFWfiX16LQyeAEHc8ujqaaB3tmP3PvxER9Q9Nct";
const SOUND = `/ip4/127.0.0.1/tcp/1/p2p/${PEER}`;

describe("daemon/network", () => {
  let directory: string;
  let settings: string;
  let node: SottoNode;
  let network: Network;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-network-"));
    settings = join(directory, "config.json");
    node = await createNode({
      listen: ["/ip4/127.0.0.1/tcp/0"],
      announce: [],
      bootstrap: [],
      mdns: false,
      privateWan: false,
      validator: new RecordValidator(nodeCrypto().verify, Date.now),
      log: silent,
    });
    const own = new BootstrapNodes(node, { bootstrap: [], bootstrapInvited: [] });
    network = createNetwork(node, fakeMessenger(), own, settings);
  });
  after(async () => {
    await node.stop();
    await rm(directory, { recursive: true });
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
