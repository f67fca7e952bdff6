/**
 * Everybody whom a node could talk to: a proxy, a bootstrap host, a contact who is a neighbour by
 * mDNS as well, a gateway that gives ports, and a name server. Says what the contact's invite is,
 * and answers what it is asked.
 */
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { RecordValidator } from "../../../src/dht/index.ts";
import { createBootstrapNode } from "../../../src/node/index.ts";
import { silent } from "../../../src/ports/index.ts";
import { User } from "../../e2e/user.ts";
import { SocksServer } from "../../node/proxy/socks-server.ts";

const BOOT = "boot.example";

/** Answers every packet while it is asked, so that the asking program continues. */
function answering(port: number, answer: (request: Buffer) => Uint8Array | undefined): void {
  const socket = createSocket("udp4");
  socket.on("message", (request, from) => {
    const bytes = answer(request);
    if (bytes !== undefined) socket.send(bytes, from.port, from.address);
  });
  socket.bind(port, "10.77.0.1");
}

const [host, other] = await Promise.all(
  [4001, 4003].map((port) =>
    createBootstrapNode({
      listen: [`/ip4/51.0.0.10/tcp/${port}`],
      announce: [],
      privateWan: false,
      validator: new RecordValidator(nodeCrypto().verify, Date.now),
      log: silent,
    }),
  ),
);
if (host === undefined || other === undefined) throw new Error("two hosts are needed");
const [address = ""] = host.addresses();
const [another = ""] = other.addresses();
const bob = await User.make("bob", {
  bootstrap: [address],
  mdns: true,
  listen: ["/ip4/0.0.0.0/tcp/4002"],
  announce: ["/ip4/51.0.0.11/tcp/4002"],
});
const names = new Map([[BOOT, { host: "51.0.0.10", port: 4003 }]]);
const proxy = await SocksServer.start({ curious: true, names }, 9050, "10.77.0.1");
// NAT-PMP (RFC 6886): the address outside, or a port.
answering(5351, (request) =>
  request[1] === 0
    ? Uint8Array.of(0, 128, 0, 0, 0, 0, 0, 1, 51, 0, 0, 20)
    : Uint8Array.of(
        0,
        130,
        0,
        0,
        0,
        0,
        0,
        1,
        ...request.subarray(4, 6),
        ...request.subarray(4, 6),
        0,
        0,
        14,
        16,
      ),
);
// DNS (RFC 1035): every name is the bootstrap host's.
answering(53, (request) => {
  const answer = Buffer.concat([
    request.subarray(0, 2),
    Buffer.from("81800001000100000000", "hex"),
    request.subarray(12, request.indexOf(0, 12) + 5),
    Buffer.from("c00c000100010000003c0004", "hex"),
    Buffer.from([51, 0, 0, 10]),
  ]);
  return answer;
});

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const { link } = await bob.messenger.createInvite({
  kind: "once",
  expiresIn: 3_600_000,
  hints: true,
  bootstrap: [address],
});
say({ link, named: another.replace("/ip4/51.0.0.10", `/dns4/${BOOT}`) });

for await (const line of createInterface({ input: process.stdin })) {
  if (line === "send") {
    const message = await bob.messenger.send("alice", "and back");
    await bob.reaches(message, "delivered");
    say(await bob.texts("alice"));
  } else if (line === "look") {
    const { record, cause } = await bob.messenger.diagnose("alice");
    say({ addresses: record?.addresses ?? [], cause: cause ?? "none", asked: proxy.asked });
  } else if (line === "stop proxy") {
    await proxy.stop();
    say("stopped");
  }
}
await bob.end();
await Promise.all([host.stop(), other.stop()]);
process.exit(0);
