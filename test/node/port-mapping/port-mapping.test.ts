import assert from "node:assert/strict";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { limits } from "../../../src/base/index.ts";
import { type Gateway, parseRouteTable } from "../../../src/node/port-mapping/default-gateway.ts";
import { PortMapper } from "../../../src/node/port-mapping/port-mapping.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { type Clock, silent } from "../../../src/ports/index.ts";
import { until } from "../support.ts";

const u16 = (value: number): number[] => [value >> 8, value & 255];

/** A router with NAT-PMP on loopback. */
class Router {
  readonly #socket: Socket = createSocket("udp4");
  /** Received requests, as bytes. */
  readonly asked: number[][] = [];
  /** Its response to each; `undefined` for none. */
  answer: (request: number[]) => number[] | undefined = (request) => this.honest(request);

  async start(): Promise<Gateway> {
    this.#socket.on("message", (message, from) => this.#on([...message], from));
    await new Promise<void>((resolve) => this.#socket.bind(0, "127.0.0.1", resolve));
    // No UPnP search on loopback.
    return { ip: "127.0.0.1", natPmp: this.#socket.address().port, ssdp: [] };
  }

  stop(): void {
    this.#socket.close();
  }

  honest(request: number[]): number[] {
    const head = [0, 128 + (request[1] ?? 0), 0, 0, 0, 0, 0, 9];
    if (request[1] === 0) return [...head, 203, 0, 113, 7];
    const [inner, lifetime] = [request.slice(4, 6), request.slice(8, 12)];
    return [...head, ...inner, ...u16(40_001), ...lifetime];
  }

  /** The sender of the last request. */
  port = 0;

  #on(request: number[], from: RemoteInfo): void {
    this.port = from.port;
    this.asked.push(request);
    const response = this.answer(request);
    if (response) this.#socket.send(Uint8Array.from(response), from.port, from.address);
  }
}

/** How much shorter timeouts are where the router does not answer. */
let haste = 1;
const clock: Clock = { ...systemClock, after: (ms, job) => systemClock.after(ms / haste, job) };

describe("node: port mapping", () => {
  let router: Router;
  let gateway: Gateway;
  let changes: number;
  let map: PortMapper;

  beforeEach(async () => {
    haste = 1;
    router = new Router();
    gateway = await router.start();
    changes = 0;
    map = make(4001);
  });
  afterEach(async () => {
    router.answer = (request) => router.honest(request);
    await map.stop();
    router.stop();
  });

  const make = (
    port: number | undefined,
    to: () => Gateway | undefined = () => gateway,
  ): PortMapper =>
    new PortMapper({
      clock,
      log: silent,
      gateway: async () => to(),
      port: () => port,
      changed: () => changes++,
    });

  it("maps our port and reports the external address", async () => {
    map.renew();
    await until(() => changes > 0);
    const address = "/ip4/203.0.113.7/tcp/40001";
    assert.deepEqual(map.state(), { state: "mapped", by: "nat-pmp", address });
    const hour = [0, 0, 14, 16];
    // A request is repeated if the answer takes 250 ms.
    const asked = router.asked.filter((request, i, all) => `${request}` !== `${all[i - 1]}`);
    assert.deepEqual(asked, [
      [0, 2, 0, 0, ...u16(4001), ...u16(4001), ...hour],
      [0, 0],
    ]);
  });

  it("removes the mapping at the end", async () => {
    map.renew();
    await until(() => changes > 0);
    await map.stop();
    assert.deepEqual(router.asked.at(-1), [0, 2, 0, 0, ...u16(4001), 0, 0, 0, 0, 0, 0]);
  });

  it("reports a gateway that refuses, is silent, or answers malformed data", async () => {
    haste = 20;
    const answers: [string, (request: number[]) => number[] | undefined][] = [
      ["refused", (request) => router.honest(request).with(3, 2)],
      ["refused", (request) => router.honest(request).slice(0, 9)],
      ["refused", (request) => [...router.honest(request), 0]],
      // Another port than requested.
      ["refused", (request) => router.honest(request).with(9, 9)],
      ["silent", () => undefined],
      ["silent", () => [255]],
    ];
    for (const [state, answer] of answers) {
      router.answer = answer;
      const tried = make(4001);
      const before = changes;
      tried.renew();
      await until(() => changes > before);
      assert.equal(tried.state().state, state);
      await tried.stop();
    }
    // And once more each, to remove a possible mapping.
    assert.ok(router.asked.length <= answers.length * (limits.portMapTries + 1));
  });

  it("sends nothing if no port is behind a router or no gateway is known", async () => {
    for (const quiet of [make(undefined), make(4001, () => undefined)]) {
      quiet.renew();
      await quiet.stop();
      assert.deepEqual(quiet.state(), { state: "none" });
    }
    assert.deepEqual(router.asked, []);
  });

  it("ignores other hosts than the gateway", async () => {
    haste = 20;
    const attacker = createSocket("udp4");
    await new Promise<void>((resolve) => attacker.bind(0, "127.0.0.1", resolve));
    // The attacker knows the requester's port, and answers first.
    router.answer = (request) => {
      attacker.send(Uint8Array.from(router.honest(request).with(-1, 66)), router.port);
      return request[1] === 0 ? router.honest(request) : undefined;
    };
    map.renew();
    await until(() => changes > 0);
    assert.deepEqual(map.state(), { state: "silent" });
    attacker.close();
  });

  it("removes a mapping that it gets while it stops", async () => {
    router.answer = (request) => {
      void map.stop();
      return router.honest(request);
    };
    map.renew();
    await until(() => router.asked.length > 0);
    await map.stop();
    assert.deepEqual(router.asked.at(-1)?.slice(6), [0, 0, 0, 0, 0, 0]);
  });

  it("reads the gateway of the default route from the kernel's table, or none", () => {
    const head = "Iface\tDestination\tGateway\tFlags\n";
    const table = `${head}eth0\t0000A8C0\t00000000\t0001\neth0\t00000000\tFE00A8C0\t0003\n`;
    const ip = "192.168.0.254";
    assert.deepEqual(parseRouteTable(table), {
      ip,
      natPmp: 5351,
      ssdp: [
        { ip, port: 1900 },
        { ip: "239.255.255.250", port: 1900 },
      ],
    });
    for (const none of ["", head, `${head}tun0\t00000000\t00000000\t0001\n`, "x\ny\tz\n"])
      assert.equal(parseRouteTable(none), undefined);
  });
});
