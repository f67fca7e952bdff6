/** `sotto net`: shows and changes connections, bootstrap nodes and network settings. */

import type { KnownBootstrap, Result } from "../../api/index.ts";
import { joined, listed, SottoError } from "../../base/index.ts";
import {
  bootstrapLine,
  count,
  nameOf,
  reachabilityText,
  routeNote,
  shellWord,
} from "../format/format.ts";
import { formatDuration } from "../format/time.ts";
import { defineDecoys } from "../net/decoys.ts";
import { definePublic } from "../net/public.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";

export const define: Define = (command, context) => {
  command
    .command("peers", { isDefault: true })
    .description("list open connections")
    .action(() => peers(context));
  command
    .command("check")
    .description("ask peers now whether they can connect to this node")
    .action(() => check(context));
  command
    .command("rotate")
    .description("rotate the libp2p host key (PeerId) now; it rotates once a day")
    .action(async () => {
      const result = await context.call("net.rotate", {});
      context.out.data(`✓ new PeerId: ${result.host}`, result);
      context.out.say("Connections move to it; the old PeerId is closed within 3 min.");
    });
  command
    .command("ping <who>")
    .description("ping a connected contact")
    .action((who: string) => ping(who, context));
  command
    .command("invisible <on|off>")
    .description("hide from contacts that you are online; connect only to send")
    .addHelpText("after", INVISIBLE_NOTES)
    .action(async (word: string) => {
      if (word !== "on" && word !== "off")
        throw new SottoError("usage", "The command is: sotto net invisible on, or off");
      const result = await context.call("net.invisible", { on: word === "on" });
      context.out.data(word === "on" ? "✓ invisible" : "✓ visible again", result);
      if (word === "on")
        context.out.say(
          "Earlier records can be found for up to 2 h; see: sotto net invisible --help",
        );
    });
  definePublic(command, context);
  command
    .command("key")
    .description("create the key of a private network")
    .command("new <file>")
    .description("create the key of a private network and write it to a file")
    .addHelpText("after", KEY_NOTES)
    .action(async (file: string) => {
      const { makeNetworkKey } = await import("../../daemon/index.ts");
      await makeNetworkKey(file);
      context.out.data(`✓ ${file}`, { file });
      context.out.say(
        "Copy it to each node over a secure channel, then: sotto up --network-key FILE",
      );
    });
  defineDecoys(command, context);
  const bootstrap = command.command("bootstrap").description("list and change the bootstrap nodes");
  bootstrap
    .command("ls", { isDefault: true })
    .description("list the bootstrap nodes")
    .action(async () => show(await context.call("net.bootstrap.list", {}), context));
  bootstrap
    .command("add <address>")
    .description("add a bootstrap node")
    .action(async (address: string) =>
      show(await context.call("net.bootstrap.add", { address }), context),
    );
  bootstrap
    .command("rm <address>")
    .description("remove a bootstrap node")
    .action(async (address: string) =>
      show(await context.call("net.bootstrap.remove", { address }), context),
    );
};

const KEY_NOTES = `
Only nodes and bootstrap nodes that have this file connect to each other. Invites do not
contain the key, and it is never shown. Start each node with it:
  sotto up --network-key FILE          sotto bootstrap --network-key FILE
or write it to the settings file: sotto settings set networkKey FILE`;

const INVISIBLE_NOTES = `
The node publishes no record and treats every dialer as an unknown peer, so contacts cannot
deliver messages to you and your invites wait. To send a message the node connects until
it is delivered; during that time the contact sees you and delivers what waited for you.

This does not hide that the computer runs Sotto from its provider, from bootstrap nodes or
from others on the local network. Earlier records can be found for up to 2 h. A contact
who has one can see that the same PeerId still answers; a restart (sotto down, sotto up)
changes the PeerId.`;

async function check({ call, out }: Context): Promise<void> {
  const result = await call("net.check", {});
  const { reach } = result;
  const lines = reach.addresses.map(({ address, reached, failed, failures }) => {
    if (reached + failed === 0) return `· ${address}  not tested: no peer could dial it`;
    const why = failures.length === 0 ? "" : ` (${failures.join(", ")})`;
    const peers = `${count(reached, "peer")} connected, ${failed} failed`;
    return `${reached > 0 ? "✓" : "✗"} ${address}  ${peers}${why}`;
  });
  const { net } = await call("node.status", {});
  if (net.proxy !== undefined) {
    out.data("reachable: not tested, because the node uses a proxy", result);
    return out.say("→ sotto doctor shows the proxy and how others can connect to this node");
  }
  out.data(joined([`reachable: ${reachabilityText(reach)}`, ...lines], "\n"), result);
  if (reach.verdict === "unknown")
    out.say("→ sotto net bootstrap ls shows which nodes could test it");
  if (reach.verdict === "unreachable") out.say("→ sotto doctor shows what to do");
}

async function ping(who: string, { call, out, exit: leave }: Context): Promise<void> {
  const result = await call("net.ping", { who });
  const name = nameOf(result.contact);
  switch (result.outcome) {
    case "answered":
      return out.data(
        `${name}  ${formatDuration(result.rttMs ?? 0)}${routeNote(result.contact)}`,
        result,
      );
    case "silent":
      out.data(`${name}  no answer; the node will close the connection soon`, result);
      break;
    case "no-link":
      out.data(`${name}  not connected`, result);
      out.say(`→ sotto doctor ${shellWord(name)}`);
  }
  leave(exit.failure);
}

async function peers(context: Context): Promise<void> {
  const result = await context.call("net.peers", {});
  const lines = result.peers.map(({ host, address, direction, rttMs, ...peer }) =>
    [
      `${direction === "in" ? "←" : "→"} ${host}`,
      address,
      ...(peer.bootstrap ? ["bootstrap"] : []),
      ...(peer.lanDht ? ["local DHT"] : []),
      ...(peer.wanDht ? ["DHT"] : []),
      ...(peer.protocols.includes("/sotto/link/1") ? ["contact"] : []),
      ...(rttMs === undefined ? [] : [formatDuration(rttMs)]),
    ].join("  "),
  );
  context.out.data(listed(lines, "No open connections."), result);
}

function originText({ origin, contact }: KnownBootstrap): string {
  if (origin === "contact") return `from ${nameOf({ name: contact ?? "" })}`;
  return origin === "own" ? "configured" : "from an invite";
}

function show(result: Result<"net.bootstrap.list">, context: Context): void {
  const lines = result.bootstrap.map((host) => `${bootstrapLine(host)}  ${originText(host)}`);
  const none = "No bootstrap nodes. Add one: sotto net bootstrap add /ip4/…/tcp/…/p2p/…";
  context.out.data(listed(lines, none), result);
}
