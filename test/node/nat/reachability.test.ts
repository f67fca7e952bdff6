import assert from "node:assert/strict";
import { multiaddr } from "@multiformats/multiaddr";
import { limits, utf8 } from "../../../src/base/index.ts";
import type { SottoNode } from "../../../src/node/index.ts";
import { DIALBACK_PROTOCOL } from "../../../src/node/util/protocols.ts";
import { createRateLimit } from "../../../src/node/util/rate-limit.ts";
import { encodeFrame, FrameDecoder } from "../../../src/wire/index.ts";
import { SimTime } from "../../scenario/time.ts";
import { createLab, stranger, until } from "../support.ts";

const settled = (node: SottoNode): Promise<void> =>
  until(() => node.status().reach.verdict !== "unknown");

describe("node/reach", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  it("is proven by a single bootstrap host, and makes a client of the wide DHT a server", async () => {
    const bootstrap = await lab.bootstrap({ privateWan: true });
    const node = await lab.node({ privateWan: true, bootstrap: bootstrap.addresses() });
    assert.equal(node.status().wanMode, "client");
    assert.equal(node.status().reach.verdict, "unknown");
    await settled(node);
    const { reach, wanMode } = node.status();
    assert.equal(reach.verdict, "reachable");
    assert.equal(reach.asked, 1);
    assert.deepEqual(
      reach.addresses.map(({ reached, failed }) => [reached, failed]),
      [[1, 0]],
    );
    assert.equal(wanMode, "server");
  });

  it("of an address of this network alone is not asked for, and the node stays a client", async () => {
    const bootstrap = await lab.bootstrap();
    const node = await lab.node({ bootstrap: bootstrap.addresses() });
    await settled(node);
    assert.equal(node.status().reach.verdict, "unreachable");
    assert.deepEqual(node.status().reach.addresses, []);
    assert.equal(node.status().wanMode, "client");
  });

  it("is not believed to a liar whom others contradict", async () => {
    const verdict = (text: string) => async () => {
      const liar = await stranger(lab);
      await liar.handle(DIALBACK_PROTOCOL, (stream) => {
        stream.addEventListener("message", () => {
          stream.send(encodeFrame(utf8(text)));
          void stream.close();
        });
      });
      return `${liar.getMultiaddrs()[0]?.toString()}`;
    };
    const hosts = [
      await verdict("timed out")(),
      await verdict("reached")(),
      await verdict("timed out")(),
    ];
    const node = await lab.node({ privateWan: true, bootstrap: hosts });
    await until(() => node.status().reach.asked === 3);
    assert.equal(node.status().reach.verdict, "unreachable");
    assert.deepEqual(node.status().reach.addresses[0]?.failures, ["timed out"]);
    assert.equal(node.status().wanMode, "client");
  });

  it("takes garbage for no answer", async () => {
    const host = await stranger(lab);
    await host.handle(DIALBACK_PROTOCOL, (stream) => {
      stream.addEventListener("message", () => {
        stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff));
        void stream.close();
      });
    });
    const node = await lab.node({
      privateWan: true,
      bootstrap: [`${host.getMultiaddrs()[0]?.toString()}`],
    });
    await until(() => node.peers().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 2 * limits.reachabilityDelay));
    assert.equal(node.status().reach.verdict, "unknown");
    assert.equal(node.status().wanMode, "client");
  });

  /** What a bootstrap host answers a stranger who asks it to dial these. */
  async function answerTo(addresses: readonly string[]): Promise<string> {
    const bootstrap = await lab.bootstrap({ privateWan: true });
    const asker = await stranger(lab);
    const stream = await asker.dialProtocol(multiaddr(bootstrap.addresses()[0]), DIALBACK_PROTOCOL);
    const decoder = new FrameDecoder();
    return new Promise((resolve) => {
      stream.addEventListener("message", ({ data }) => {
        const frames = decoder.push(data.subarray());
        if (frames.kind === "frames" && frames.frames[0] !== undefined)
          resolve(Buffer.from(frames.frames[0]).toString());
      });
      stream.addEventListener("close", () => resolve("closed"));
      stream.send(encodeFrame(utf8(addresses.join("\n"))));
    });
  }

  it("dials nobody but the one who asks", async () => {
    assert.equal(await answerTo(["/ip4/127.0.0.2/tcp/80"]), "foreign");
    assert.equal(await answerTo(["/dns4/localhost/tcp/80", "nonsense"]), "foreign\nforeign");
  });

  it("tells why an address was not reached, and that another answers there", async () => {
    const other = await lab.node();
    const [address] = other.transport.addresses();
    assert.equal(
      await answerTo(["/ip4/127.0.0.1/tcp/1", `${address}`]),
      "refused\nanother node answers there",
    );
  });

  it("refuses a request for more addresses than a node has", async () => {
    const many = Array.from(
      { length: limits.dialbackAddresses + 1 },
      (_, i) => `/ip4/127.0.0.1/tcp/${i + 1}`,
    );
    assert.equal(await answerTo(many), "closed");
  });

  it("bounds what one neighbour, and all together, may ask for in a minute", async () => {
    const time = new SimTime();
    const allowed = createRateLimit(time.clock(), 2, 3);
    assert.deepEqual(
      ["a", "a", "a", "b", "b"].map((place) => allowed(place)),
      [true, true, false, true, false],
    );
    await time.pass(60_001);
    assert.equal(allowed("a"), true);
  });

  it("begins the minute anew where the clock falls back by hours", () => {
    let now = Date.UTC(2030, 0, 1);
    const allowed = createRateLimit({ now: () => now, after: () => () => undefined }, 1, 9);
    assert.deepEqual([allowed("a"), allowed("a")], [true, false]);
    now -= 3_600_000;
    assert.deepEqual([allowed("a"), allowed("a")], [true, false]);
    now += 59_999;
    assert.equal(allowed("a"), false);
    now += 1;
    assert.equal(allowed("a"), true);
  });
});
