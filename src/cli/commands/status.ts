/** sotto status: what the node is doing, and what it cannot do. */
import type { Client, NodeState, NodeStatus } from "../../api/index.ts";
import { displayLine, SottoError } from "../../base/index.ts";
import {
  bootstrapLine,
  protectionText,
  proxyText,
  publicDhtText,
  reachabilityText,
  routerText,
  waitCondition,
} from "../format/format.ts";
import { formatDuration } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";
import { watch } from "../runtime/watch.ts";

export const define: Define = (command, context) => {
  command
    .option("--watch", "show it again whenever it changes; with --json one object a line")
    .action(async (options: { readonly watch?: true }) => {
      const { out } = context;
      const node = await context.nodeIfAny();
      if (node === undefined) throw await whyNone(context);
      if (options.watch) {
        process.once("SIGINT", () => process.exit(exit.interrupted));
        await watch(node, out, () => look(node), process.stdout.isTTY === true && !out.flags.json);
      }
      const { text, value } = await look(node);
      out.data(text, value);
      if (value.state === "locked") out.say("→ Open it: sotto unlock");
      else if ("damage" in value && value.damage)
        out.error({ code: "store-damaged", ...value.damage });
    });
};

async function look(node: Client): Promise<{ text: string; value: NodeState | NodeStatus }> {
  const state = await node.call("node.state", {});
  if (state.state === "locked") return { text: lines(lockedRows(state)), value: state };
  const status = await node.call("node.status", {});
  return { text: lines(openRows(status)), value: status };
}

/** Of a node that its store has ended, why. */
async function whyNone({ paths }: Context): Promise<SottoError> {
  const { readExitReason } = await import("../../daemon/index.ts");
  const fault = await readExitReason(paths.home);
  if (fault === undefined) return new SottoError("node-not-running", "No node is running here.");
  return new SottoError(fault.code, `The node has stopped. ${fault.message}`);
}

const OUTWARD = "none: nobody can dial a node behind a proxy (sotto doctor says what lets them)";

/** What waits, and why, where that is the person's own policy. */
function messagesText({ unread, waiting, keptBack }: NodeStatus): string {
  const held = (["lan", "proxy", "no-proxy"] as const)
    .filter((awaits) => keptBack[awaits] > 0)
    .map((awaits) => `${keptBack[awaits]} of them by policy${waitCondition({ awaits })}`);
  return [`${unread} unread, ${waiting} waiting for their peer`, ...held].join("; ");
}

const OLDER = "an older copy: what came after it is missing, and sessions were made anew";

type Rows = [string, string][];

function lockedRows(state: NodeState): Rows {
  return [
    ["node", `locked, process ${state.pid}: off the network, store closed`],
    storeRow(state),
    ["version", state.version],
  ];
}

function storeRow({ home, protection }: NodeState): [string, string] {
  return ["store", `${home}, its key guarded by ${protectionText(protection)}`];
}

function lines(rows: Rows): string {
  return rows.map(([name, value]) => `${name.padEnd(10)}  ${value}`).join("\n");
}

/** How long messages stay. */
function retentionText({ history, retention }: NodeStatus): string {
  const most = retention === undefined ? "for ever" : formatDuration(retention);
  return history ? most : "until they are delivered, or read";
}

function openRows(status: NodeStatus): Rows {
  const { account, contacts, net } = status;
  const none = net.proxy
    ? "none, and with a proxy it takes one to be found (sotto net bootstrap add ADDRESS)"
    : net.publicDht.state === "off"
      ? "none: others find you on this network only (sotto net bootstrap add ADDRESS, or " +
        "sotto net public on)"
      : "none";
  return [
    ["account", `${displayLine(account.name)}  ${account.account}`],
    ["node", `process ${status.pid}, up ${formatDuration(Date.now() - status.startedAt)}`],
    [
      "contacts",
      [
        `${contacts.total}, ${contacts.online} online`,
        ...(contacts.requests > 0
          ? [`${contacts.requests} ask to be added (sotto requests ls)`]
          : []),
      ].join(", "),
    ],
    ["messages", messagesText(status)],
    [
      "network",
      `${net.peers} hosts connected; DHT: ${net.lanDht} local, ${net.wanDht} wide (${net.wanMode})`,
    ],
    ["bootstrap", net.bootstrap.map(bootstrapLine).join("\n            ") || none],
    ...(net.proxy ? [["proxy", proxyText(net.proxy)] as [string, string]] : []),
    ...(net.privateNetwork
      ? [["private", "only hosts with the key of this network are met"] as [string, string]]
      : []),
    ["local", net.mdns ? "mDNS on" : "mDNS off"],
    ["public", publicDhtText(net.publicDht)],
    ...(status.decoys > 0
      ? [
          ["decoys", `fill up to ${status.decoys} tags, or twice that, and so on`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(status.invisible
      ? [["invisible", "contacts do not find you (sotto net invisible off)"] as [string, string]]
      : []),
    ["addresses", status.addresses.join("\n            ") || (net.proxy ? OUTWARD : "none yet")],
    ...(net.proxy
      ? []
      : ([
          ["reachable", reachabilityText(net.reach)],
          ["router", routerText(net.nat)],
        ] satisfies Rows)),
    storeRow(status),
    ["kept", retentionText(status)],
    ...(status.damage ? [["", "DAMAGED"] as [string, string]] : []),
    ...(status.rolledBack ? [["", OLDER] as [string, string]] : []),
    ["crypto", status.engine],
    ["version", status.version],
  ];
}
