/**
 * Started by a test in a network namespace of its own: a bootstrap host and two users with whole
 * daemons, who pair and talk, while every packet is captured. Prints what each observer has of what
 * it must not have.
 */
import assert from "node:assert/strict";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { multiaddr } from "@multiformats/multiaddr";
import { accountId, deviceId, toHex } from "../../../src/base/index.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { parseInvite } from "../../../src/wire/index.ts";
import { Daemon } from "../../chaos/daemon.ts";
import { Testbed } from "../../chaos/testbed.ts";
import { paired, type User } from "../../chaos/user.ts";
import { found, type Needles, ofText } from "./needles.ts";
import {
  capture,
  carriedBy,
  datagramsOf,
  filesOf,
  memoryOf,
  segmentOf,
  streamsOf,
} from "./sight.ts";
import { storingNode } from "./storing.ts";

const NAMES = ["Quillbert Oakwhistle", "Zephyrine Mudlark"] as const;
const TEXTS = [10, 700, 3_000, 12_000, 60_000].map((length, i) =>
  `${i} the heron keeps its ledger `.repeat(Math.ceil(length / 28)).slice(0, length),
);

const testbed = await Testbed.open();
const path = join(testbed.program.home("capture"), "..", "packets");
const stop = await capture("lo", path);
const needles: Record<string, string> = {};
/** What a host between the two has to know, and the wire must not show. */
const onlyOnWire: Record<string, string> = {};
try {
  // Daemons begun under the capture's eye, the host among them.
  await testbed.host();
  // One more server of the DHT, here: it sees the tags.
  const { host: server } = await storingNode(systemClock, (_message, put) => {
    if (put) onlyOnWire[`tag ${toHex(put)}`] = toHex(put);
  });
  await server.dial(multiaddr(testbed.bootstrap[0] ?? ""));
  const users = NAMES.map((name) => testbed.user(name)) as [User, User];
  await Promise.all(users.map((user) => user.start()));
  const [one, other] = users;
  const { link } = await one.node.call("invite.create", { kind: "once" });
  const invite = parseInvite(link);
  assert.ok(invite.kind === "invite");
  needles["the invite's secret"] = toHex(invite.invite.secret);
  needles["the invite"] = ofText(link.slice(6, 46));
  for (const hint of invite.invite.hints) onlyOnWire[`hint ${hint}`] = ofText(hint);
  await other.node.call("contact.add", { link, as: NAMES[0] });
  await paired(one, other, 60_000);
  const peers: string[] = [];
  for (const user of users) {
    const status = await user.node.call("node.status", {});
    const { account, device } = status.account;
    needles[`${user.name}'s account`] = toHex(accountId.bytes(account as never));
    needles[`${user.name}'s account as text`] = ofText(account);
    needles[`${user.name}'s device`] = toHex(deviceId.bytes(device as never));
    needles[`${user.name}'s name`] = ofText(user.name);
    peers.push(status.host);
  }
  for (const [i, text] of TEXTS.entries()) needles[`text ${i}`] = ofText(text.slice(0, 25));
  needles["an emoji"] = ofText("🦔🪿");
  const say = (from: User, to: User, text: string) =>
    from.node.call("message.send", { who: to.name, text, wait: "delivered", timeout: 20_000 });
  for (const text of TEXTS) {
    const { message, timedOut } = await say(one, other, text);
    assert.equal(timedOut, false);
    await say(other, one, text);
    if (text !== TEXTS[0]) continue;
    await one.node.call("message.edit", { id: message.id, text: `${TEXTS[1]}`, wait: "live" });
    await other.node.call("message.react", { id: message.id, emoji: "🦔🪿", wait: "live" });
    await one.node.call("message.delete", { id: message.id, wait: "live" });
  }
  await sleep(500);

  // One that is known to be there proves that the search finds: the bland words of
  // multistream-select.
  const planted: Needles = { planted: ofText("/multistream/1.0.0") };
  const hostPid = testbed.hostPid;
  const inMemory = found({ ...needles, ...planted }, memoryOf(hostPid));
  const hostFiles = filesOf(testbed.program.home("host"));
  const onDisk = found(
    { ...needles, "a PeerId": ofText(peers[0] ?? "") },
    hostFiles.map(({ bytes }) => bytes),
  );

  // And their own memory has all of it: the same search, in the same way.
  const own = found(needles, memoryOf(one.daemon?.pid ?? 0));

  await one.stop();
  const before = peers[0];
  await one.start();
  const after = (await one.node.call("node.status", {})).host;

  // Two more, who tell of themselves over mDNS.
  const near = ["Near One", "Near Two"].map((name) => {
    const home = testbed.program.home(name);
    const args = ["up", "--json", "--name", name, "--listen", "/ip4/127.0.0.1/tcp/0"];
    return new Daemon(testbed.program, home, { args });
  });
  await Promise.all(near.map((daemon) => daemon.up()));
  await sleep(3_000);
  await Promise.all(near.map((daemon) => daemon.kill()));

  const packets = await stop();
  const lengths = packets.flatMap((packet) => segmentOf(packet)?.data.length ?? []);
  const answers = datagramsOf(packets, 5353);
  const machine: Needles = {
    ...needles,
    // Shorter ones stand in any key by chance.
    ...(hostname().length < 6 ? {} : { "the machine": ofText(hostname()) }),
    "a path of the user's": ofText(userInfo().homedir),
    "a name": ofText("Near One"),
    planted: ofText("_sotto"),
  };
  await server.stop();
  const wire = found({ ...needles, ...onlyOnWire, ...planted }, [
    ...packets,
    ...streamsOf(packets),
  ]);
  console.log(
    JSON.stringify({
      needles: Object.keys(needles).length,
      tags: Object.keys(onlyOnWire).filter((name) => name.startsWith("tag ")).length,
      hints: Object.keys(onlyOnWire).filter((name) => name.startsWith("hint ")).length,
      wire,
      records: [...new Set(streamsOf(packets).flatMap(carriedBy))].sort((a, b) => a - b),
      bytes: lengths.reduce((sum, length) => sum + length, 0),
      host: { memory: inMemory, disk: onDisk, files: hostFiles.map(({ name }) => name) },
      own,
      mdns: { datagrams: answers.length, found: found(machine, answers) },
      peerIdStays: before === after,
    }),
  );
} finally {
  await testbed.close();
}
process.exit(0);
