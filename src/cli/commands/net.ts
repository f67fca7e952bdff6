/** sotto net: who we are connected to, and whom we ask first. */

import type { Result } from "../../api/index.ts";
import type { Context } from "../context.ts";
import type { Define } from "../define.ts";
import { spell } from "../times.ts";
import { bootstrapLine } from "../words.ts";

export const define: Define = (command, context) => {
  command
    .command("peers")
    .description("list open connections")
    .action(() => peers(context));
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
      ...(rttMs === undefined ? [] : [spell(rttMs)]),
    ].join("  "),
  );
  context.out.data(lines.join("\n") || "No open connections.", result);
}

function show(result: Result<"net.bootstrap.list">, context: Context): void {
  const lines = result.bootstrap.map(bootstrapLine);
  const none = "None. Add one: sotto net bootstrap add /ip4/…/tcp/…/p2p/…";
  context.out.data(lines.join("\n") || none, result);
}
