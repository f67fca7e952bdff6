import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, Stream } from "@libp2p/interface";
import { limits } from "../../../src/base/index.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { handClock } from "../../daemon/hand-clock.ts";
import { createLab, until } from "../support.ts";

const IDENTIFY = "/ipfs/id/1.0.0";
const PING = "/ipfs/ping/1.0.0";

describe("node: identify", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /** Two hosts, the second of which treats the first requests for its identity as it is told. */
  async function two(first: (stream: Stream) => void, times = 1) {
    const clock = handClock();
    const { host: one } = await lab.host({ clock });
    const { host: other } = await lab.host();
    const { identify } = other.services;
    let asked = 0;
    await other.unhandle(IDENTIFY);
    await other.handle(IDENTIFY, async (stream: Stream, connection: Connection) => {
      if (asked++ < times) first(stream);
      else await (identify as unknown as Identify).handleProtocol(stream, connection);
    });
    return { one, other, clock, asked: () => asked };
  }

  interface Identify {
    handleProtocol(stream: Stream, connection: Connection): Promise<void>;
  }

  const isKnown = ({ services: { lan, wan } }: Host): boolean =>
    [lan, wan].every(({ routingTable }) => routingTable.size === 1);

  it("asks again a peer that reset the request", async () => {
    const { one, other, clock, asked } = await two((stream) => stream.abort(new Error("late")), 3);
    await one.dial(other.getMultiaddrs());
    while (!isKnown(one)) {
      clock.pass(1_000);
      await sleep(20);
    }
    assert.ok(asked() > 3);
  });

  it("asks again a peer that was silent", async () => {
    const { one, other, clock, asked } = await two(() => undefined);
    await one.dial(other.getMultiaddrs());
    await until(() => asked() === 1);
    assert.equal(isKnown(one), false);
    while (!isKnown(one)) {
      clock.pass(1_000);
      await sleep(20);
    }
  });

  it("asks no more once the connection is closed", async () => {
    const { one, other, clock, asked } = await two((stream) => stream.abort(new Error("late")));
    const connection = await one.dial(other.getMultiaddrs());
    await until(() => asked() === 1);
    await connection.close();
    clock.pass(2 * limits.identifyRetry.max);
    await sleep(50);
    assert.equal(asked(), 1);
  });

  it("does not ask a peer again that has no such protocol", async () => {
    const clock = handClock();
    const { host: one } = await lab.host({ clock });
    const { host: other } = await lab.host();
    await other.unhandle(IDENTIFY);
    const { identify } = one.services;
    const send = identify.identify.bind(identify);
    const answers: Promise<unknown>[] = [];
    identify.identify = (connection, options) => {
      const answer = send(connection, options);
      answers.push(answer);
      return answer;
    };
    await one.dial(other.getMultiaddrs());
    await assert.rejects(answers[0] ?? Promise.resolve(), { name: "UnsupportedProtocolError" });
    clock.pass(2 * limits.identifyRetry.max);
    await sleep(50);
    assert.equal(answers.length, 1);
  });

  it("puts a connected peer that answers no ping in the routing tables", async () => {
    const { host: one } = await lab.host();
    const { host: other } = await lab.host();
    await other.unhandle(PING);
    await other.handle(PING, () => undefined);
    await one.dial(other.getMultiaddrs());
    await until(() => isKnown(one));
  });
});
