import assert from "node:assert/strict";
import { connect, createServer, type Server } from "node:net";
import { accountId, deviceId, toHex } from "../../src/base/index.ts";
import type { BootstrapNode } from "../../src/node/index.ts";
import { deliver, hostBootstrap, pair, User } from "./user.ts";

/** A wire with a tap: forwards to a port of loopback and keeps every byte of both directions. */
class Tap {
  readonly captured: Buffer[] = [];
  readonly server: Server;
  target = 0;

  constructor() {
    this.server = createServer((near) => {
      const far = connect({ port: this.target, host: "127.0.0.1" });
      near.on("data", (bytes) => this.captured.push(bytes)).on("error", () => far.destroy());
      far.on("data", (bytes) => this.captured.push(bytes)).on("error", () => near.destroy());
      near.pipe(far).pipe(near);
    });
  }

  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return portOf(this.server);
  }

  close(): void {
    this.server.close();
  }
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("the bytes between two nodes, over libp2p", function () {
  this.timeout(60_000);
  let host: BootstrapNode;
  const taps: Tap[] = [];
  const users: User[] = [];

  before(async () => {
    host = await hostBootstrap();
    for (const name of ["alice", "bob"]) {
      const tap = new Tap();
      tap.target = await freePort();
      const announce = [`/ip4/127.0.0.1/tcp/${await tap.open()}`];
      const listen = [`/ip4/127.0.0.1/tcp/${tap.target}`];
      taps.push(tap);
      users.push(await User.make(name, { bootstrap: host.addresses(), listen, announce }));
    }
  });

  after(async () => {
    await Promise.all(users.map((user) => user.end()));
    await host.stop();
    for (const tap of taps) tap.close();
  });

  it("contain no texts, names or account keys", async () => {
    const [alice, bob] = users as [User, User];
    const secret = "a text that nobody else may read";
    await pair(alice, bob);
    await deliver(alice, bob, secret);
    await deliver(bob, alice, secret.toUpperCase());
    const seen = Buffer.concat(taps.flatMap(({ captured }) => captured)).toString("hex");
    assert.ok(seen.length > 10_000, "the tap saw the conversation");
    for (const text of [secret, secret.toUpperCase(), "alice", "bob"])
      assert.equal(seen.includes(toHex(new TextEncoder().encode(text))), false);
    for (const { messenger } of users) {
      const { account, device } = messenger.self();
      for (const key of [accountId.bytes(account), deviceId.bytes(device)])
        assert.equal(seen.includes(toHex(key)), false);
      for (const id of [account, device])
        assert.equal(seen.includes(toHex(new TextEncoder().encode(id))), false);
    }
  });
});
