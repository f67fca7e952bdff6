import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { generateKeyPair } from "@libp2p/crypto/keys";
import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { openLink } from "../../../src/node/connections/dialer.ts";
import { createHost, listen, nodeConnectionLimits } from "../../../src/node/host/libp2p-host.ts";
import { LinkTransport } from "../../../src/node/links/link-transport.ts";
import { defaultTuning } from "../../../src/node/model/config.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { HolePuncher } from "../../../src/node/nat/hole-punching.ts";
import { freePort, NatDetector } from "../../../src/node/nat/nat-detection.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { LINK_PROTOCOL } from "../../../src/node/util/protocols.ts";
import { type Channel, silent } from "../../../src/ports/index.ts";
import { encodeFrame } from "../../../src/wire/index.ts";
import { createLab, LOOPBACK, stranger, until, validator } from "../support.ts";

/** A host that accepts links, and the channels that it accepted. */
async function acceptor(): Promise<{ host: Host; accepted: Channel[]; stop: () => Promise<void> }> {
  const clock = systemClock;
  const assembly = {
    privateKey: await generateKeyPair("Ed25519"),
    listen: LOOPBACK,
    announce: [],
    privateWan: true,
    wanServer: false,
    connectionLimits: nodeConnectionLimits,
    validator: validator(),
    clock,
    log: silent,
    tuning: { ...defaultTuning, inboundPerSecondPerIp: Number.POSITIVE_INFINITY },
  };
  const { host } = await createHost(assembly);
  const nat = new NatDetector({ host, clock, privateWan: true, port: await freePort() });
  const no = (): boolean => false;
  const parts = { host, clock, log: silent, nat, privateWan: true };
  const puncher = new HolePuncher({ ...parts, isBootstrap: no, isServer: no });
  const transport = new LinkTransport(host, clock, assembly.tuning, puncher);
  const accepted: Channel[] = [];
  transport.onChannel((channel) => accepted.push(channel));
  await transport.serve();
  await listen(host, assembly);
  const stop = async (): Promise<void> => {
    puncher.stop();
    nat.stop();
    await transport.stop();
    await host.stop();
  };
  return { host, accepted, stop };
}

describe("node: direct connections", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /** A stranger's connection to an acceptor that `change` has modified as a relay would. */
  async function connected(change: (host: Host) => void) {
    const { host, accepted, stop } = await acceptor();
    lab.later(stop);
    change(host);
    const dialer = await stranger(lab);
    const [address] = host.getMultiaddrs();
    const connection = await dialer.dial(multiaddr(address?.toString()));
    return { host, accepted, connection };
  }

  /** Tries to open a link and send a frame. */
  async function openAndSend(connection: Connection): Promise<void> {
    try {
      const stream = await connection.newStream(LINK_PROTOCOL, { runOnLimitedConnection: true });
      stream.send(encodeFrame(Uint8Array.of(1)));
    } catch {
      // Refused at once.
    }
    await sleep(200);
  }

  /** Marks inbound connections as relayed or limited. */
  const wrap = (host: Host, limited: boolean, relayed: boolean): void => {
    const { upgrader } = host.services.internals;
    const upgrade = upgrader.upgradeInbound.bind(upgrader);
    upgrader.upgradeInbound = async (connection, options) => {
      const circuit = multiaddr("/ip4/127.0.0.1/tcp/1/p2p-circuit");
      if (relayed) connection.remoteAddr = circuit;
      await upgrade(connection, { ...options, ...(limited && { limits: { bytes: 100_000n } }) });
    };
  };

  it("accepts a link on a direct connection", async () => {
    const { accepted, connection } = await connected(() => undefined);
    await openAndSend(connection);
    await until(() => accepted.length === 1);
  });

  for (const [name, limited, relayed] of [
    ["a relayed", false, true],
    ["a limited", true, false],
    ["a limited relayed", true, true],
  ] as const)
    it(`accepts and opens no link on ${name} connection`, async () => {
      const { host, accepted, connection } = await connected((host) =>
        wrap(host, limited, relayed),
      );
      await openAndSend(connection);
      assert.deepEqual(accepted, []);
      for (const back of host.getConnections())
        await assert.rejects(openLink(back, new AbortController().signal), /relay/);
    });
});
