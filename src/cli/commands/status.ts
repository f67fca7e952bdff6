/** `sotto status`: shows the state of the node. */
import type { Client, NodeState, NodeStatus } from "../../api/index.ts";
import {
  indented,
  joined,
  listed,
  type Part,
  type SafeText,
  SottoError,
  safe,
} from "../../base/index.ts";
import { mdnsText } from "../format/doctor-report.ts";
import {
  bootstrapLine,
  count,
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
import { exitCodeOfKeys, type View, watch } from "../runtime/watch.ts";

export const define: Define = (command, context) => {
  command
    .option(
      "--watch",
      "show it again when it changes, until q or ^C; with --json one object per line",
    )
    .action(async (options: { readonly watch?: true }) => {
      const { out } = context;
      const node = await context.nodeIfAny();
      if (node === undefined) throw await notRunning(context);
      if (options.watch) {
        process.once("SIGINT", () => process.exit(exit.interrupted));
        if (context.interactive && process.stdout.isTTY === true) leaveOnKey();
        await watch(node, out, () => look(node), process.stdout.isTTY === true && !out.flags.json);
      }
      const { text, value } = await look(node);
      out.data(text, value);
      if (value.state === "locked") out.say("→ Unlock it: sotto unlock");
      else if ("damage" in value && value.damage)
        out.error({ code: "store-damaged", ...value.damage });
    });
};

/** Ends the program when the user types q. In raw mode ^C is a key, too. */
function leaveOnKey(): void {
  process.stdin.setRawMode(true);
  process.stdin.on("data", (keys: Buffer) => {
    const code = exitCodeOfKeys(keys.toString("latin1"));
    if (code === undefined) return;
    process.stdin.setRawMode(false);
    process.exit(code);
  });
}

async function look(node: Client): Promise<View<NodeState | NodeStatus>> {
  const state = await node.call("node.state", {});
  if (state.state === "locked") return { text: lines(lockedRows(state)), value: state };
  const status = await node.call("node.status", {});
  return { text: lines(openRows(status)), value: status };
}

/** The error to show when no node runs; includes why the last one stopped, if it failed. */
async function notRunning({ paths }: Context): Promise<SottoError> {
  const { readExitReason } = await import("../../daemon/index.ts");
  const fault = await readExitReason(paths.home);
  if (fault === undefined) return new SottoError("node-not-running", "No node is running.");
  return new SottoError(fault.code, `The node stopped with an error. ${fault.message}`);
}

const OUTWARD =
  "none: others cannot dial this node through the proxy (sotto doctor shows what to do)";

/** Unread and waiting messages, and which of them wait because of a policy. */
function messagesText({ unread, waiting, keptBack }: NodeStatus): string {
  const held = (["lan", "proxy", "no-proxy"] as const)
    .filter((awaits) => keptBack[awaits] > 0)
    .map((awaits) => `${keptBack[awaits]} because of the policy,${waitCondition({ awaits })}`);
  return [`${unread} unread, ${waiting} waiting for peers`, ...held].join("; ");
}

const OLDER = "an older copy: later changes are missing, and sessions were re-created";

type Row = [string, Part];
type Rows = Row[];

function lockedRows(state: NodeState): Rows {
  return [
    ["node", `locked, process ${state.pid}: offline, store closed`],
    storeRow(state),
    ["version", state.version],
  ];
}

function storeRow({ home, protection }: NodeState): Row {
  return ["store", `${home}, database key protected by ${protectionText(protection)}`];
}

/** Name and spaces in front of a value. */
const INDENT = 12;

function lines(rows: Rows): SafeText {
  const all = rows.map(([name, value]) => indented(safe`${name.padEnd(INDENT)}${value}`, INDENT));
  return joined(all, "\n");
}

/** How long messages are kept. */
function retentionText({ history, retention }: NodeStatus): string {
  const most = retention === undefined ? "forever" : formatDuration(retention);
  return history ? most : "deleted once delivered or read";
}

function diskText({ disk: { low, free } }: NodeStatus): string {
  const space =
    free === undefined ? "free space unknown" : `${Math.floor(free / 2 ** 20)} MiB free`;
  return low ? `${space}: messages of contacts wait at the senders until there is more` : space;
}

function httpText({ url, error }: NonNullable<NodeStatus["http"]>): string {
  return url ?? `not open: ${error ?? "closed"} (sotto settings set httpPort PORT, then restart)`;
}

function openRows(status: NodeStatus): Rows {
  const { account, contacts, net } = status;
  const none = net.proxy
    ? "none, but required with a proxy (sotto net bootstrap add ADDRESS)"
    : net.publicDht.state === "off"
      ? "none: you cannot be found outside your local network (sotto net bootstrap add " +
        "ADDRESS, or sotto net public on)"
      : "none";
  return [
    ["account", `${account.name}  ${account.account}`],
    ["node", `process ${status.pid}, up ${formatDuration(Date.now() - status.startedAt)}`],
    [
      "contacts",
      [
        `${contacts.total}, ${contacts.online} online`,
        ...(contacts.requests > 0
          ? [`${count(contacts.requests, "request")} (sotto requests ls)`]
          : []),
      ].join(", "),
    ],
    ["messages", messagesText(status)],
    [
      "network",
      `${count(net.peers, "peer")} connected; DHT routing table: ${net.lanDht} local, ` +
        `${net.wanDht} global (${net.wanMode})`,
    ],
    ["bootstrap", listed(net.bootstrap.map(bootstrapLine), none)],
    ...(net.proxy ? [["proxy", proxyText(net.proxy)] as Row] : []),
    ...(net.privateNetwork
      ? [["private", "connects only to nodes with the key of this network"] as Row]
      : []),
    ["local", mdnsText(net)],
    ["public DHT", publicDhtText(net.publicDht)],
    ...(status.decoys > 0
      ? [["decoys", `cover records up to a multiple of ${status.decoys}`] as Row]
      : []),
    ...(status.invisible
      ? [["invisible", "contacts cannot find you (sotto net invisible off)"] as Row]
      : []),
    ["addresses", listed(status.addresses, net.proxy ? OUTWARD : "none yet")],
    ...(net.proxy
      ? []
      : ([
          ["reachable", reachabilityText(net.reach)],
          ["router", routerText(net.nat)],
        ] satisfies Rows)),
    storeRow(status),
    ["disk", diskText(status)],
    ...(status.http ? [["HTTP", httpText(status.http)] as Row] : []),
    ["retention", retentionText(status)],
    ...(status.damage ? [["", "DAMAGED"] as Row] : []),
    ...(status.rolledBack ? [["", OLDER] as Row] : []),
    ["crypto", status.engine],
    ["version", status.version],
  ];
}
