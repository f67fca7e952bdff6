/** sotto net: who we are connected to, and whom we ask first. */

import type { KnownBootstrap, Result } from "../../api/index.ts";
import { displayLine, SottoError } from "../../base/index.ts";
import { bootstrapLine, nameOf, reachabilityText } from "../format/format.ts";
import { formatDuration } from "../format/time.ts";
import { defineDecoys } from "../net/decoys.ts";
import { definePublic } from "../net/public.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";

export const define: Define = (command, context) => {
  command
    .command("peers")
    .description("list open connections")
    .action(() => peers(context));
  command
    .command("check")
    .description("ask other hosts now whether they reach this node")
    .action(() => check(context));
  command
    .command("rotate")
    .description("go on under a new host key now; once a day it happens by itself")
    .action(async () => {
      const result = await context.call("net.rotate", {});
      context.out.data(`✓ this node is now ${result.host}`, result);
      context.out.say("Links move over; the host before ends within 3 min.");
    });
  command
    .command("ping <who>")
    .description("ask the link with somebody for a sign of life")
    .action((who: string) => ping(who, context));
  command
    .command("invisible <on|off>")
    .description("let contacts not see that you are here; links are made only to send")
    .addHelpText("after", INVISIBLE_NOTES)
    .action(async (word: string) => {
      if (word !== "on" && word !== "off")
        throw new SottoError("usage", "sotto net invisible takes on or off.");
      const result = await context.call("net.invisible", { on: word === "on" });
      context.out.data(word === "on" ? "✓ invisible" : "✓ visible again", result);
      if (word === "on")
        context.out.say("Records of before are found for up to 2 h; sotto net invisible --help");
    });
  definePublic(command, context);
  command
    .command("key <new> <file>")
    .description("make the key of a private network: sotto net key new FILE")
    .addHelpText("after", KEY_NOTES)
    .action(async (word: string, file: string) => {
      if (word !== "new") throw new SottoError("usage", "sotto net key takes new and a file.");
      const { makeNetworkKey } = await import("../../daemon/index.ts");
      await makeNetworkKey(file);
      context.out.data(`✓ ${file}`, { file });
      context.out.say(
        "Copy it to each node by a way that nobody reads: sotto up --network-key FILE",
      );
    });
  defineDecoys(command, context);
  const bootstrap = command.command("bootstrap").description("the hosts that this node asks first");
  bootstrap
    .command("ls", { isDefault: true })
    .description("list them")
    .action(async () => show(await context.call("net.bootstrap.list", {}), context));
  bootstrap
    .command("add <address>")
    .description("ask this one too, now and from now on")
    .action(async (address: string) =>
      show(await context.call("net.bootstrap.add", { address }), context),
    );
  bootstrap
    .command("rm <address>")
    .description("ask it no more")
    .action(async (address: string) =>
      show(await context.call("net.bootstrap.remove", { address }), context),
    );
};

const KEY_NOTES = `
Nodes and bootstrap hosts that have the file meet each other alone: nobody without it can
ask them anything, and invites do not carry it. The key is never shown. Start with
  sotto up --network-key FILE          sotto bootstrap --network-key FILE
or write "networkKey": "FILE" into the settings.`;

const INVISIBLE_NOTES = `
No record is published, and whoever calls meets what a stranger meets; so nobody can bring
you messages, and invites of yours wait. What you send still goes: a link is made for it
and ends once it has arrived, and for that moment they see you, and bring what waited for
you.

It does not hide: that this machine runs Sotto, from its provider, from bootstrap hosts
and from others on this network; records of before, for up to 2 h; nor, from a contact who
has such a record, that the same host still answers at its address. Down and up again
draws another host.`;

async function check({ call, out }: Context): Promise<void> {
  const result = await call("net.check", {});
  const { reach } = result;
  const lines = reach.addresses.map(({ address, reached, failed, failures }) => {
    const why = failures.length === 0 ? "" : ` (${failures.map(displayLine).join(", ")})`;
    return `${reached > 0 ? "✓" : "✗"} ${address}  ${reached} reached it, ${failed} did not${why}`;
  });
  const { net } = await call("node.status", {});
  if (net.proxy !== undefined) {
    out.data("reachable: not asked, everything goes through a proxy", result);
    return out.say("→ sotto doctor says how the proxy stands, and what lets others dial this node");
  }
  out.data([`reachable: ${reachabilityText(reach)}`, ...lines].join("\n"), result);
  if (reach.verdict === "unknown") out.say("→ sotto net bootstrap ls shows who could be asked");
  if (reach.verdict === "unreachable") out.say("→ sotto doctor says what to do");
}

async function ping(who: string, { call, out, exit: leave }: Context): Promise<void> {
  const result = await call("net.ping", { who });
  const name = nameOf(result.contact);
  switch (result.outcome) {
    case "answered":
      return out.data(`${name}  ${formatDuration(result.rttMs ?? 0)} (direct)`, result);
    case "silent":
      out.data(`${name}  the link says nothing; the node gives it up soon`, result);
      break;
    case "no-link":
      out.data(`${name}  there is no link`, result);
      out.say(`→ sotto doctor ${name}`);
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
      ...(peer.protocols.includes("/sotto/link/1") ? ["link"] : []),
      ...(rttMs === undefined ? [] : [formatDuration(rttMs)]),
    ].join("  "),
  );
  context.out.data(lines.join("\n") || "No open connections.", result);
}

function originText({ origin, contact }: KnownBootstrap): string {
  if (origin === "contact") return `named by ${nameOf({ name: contact ?? "" })}`;
  return origin === "own" ? "yours" : "from an invite";
}

function show(result: Result<"net.bootstrap.list">, context: Context): void {
  const lines = result.bootstrap.map((host) => `${bootstrapLine(host)}  ${originText(host)}`);
  const none = "None. Add one: sotto net bootstrap add /ip4/…/tcp/…/p2p/…";
  context.out.data(lines.join("\n") || none, result);
}
