/**
 * The very end of a run: in each pair one side blocks, removes or hides from the other, who then
 * tries everything that it knows. `PartedLaws` judges what it gets.
 */
import type { Contact } from "../../src/messenger/model/contact.ts";
import type { EpochSecret } from "../../src/messenger/model/epoch-keys.ts";
import type { KeptInvite } from "../../src/messenger/model/invite.ts";
import { decodeRow } from "../../src/messenger/model/rows.ts";
import type { Stage } from "./actions.ts";
import { hello, opensEnvelope } from "./knock.ts";
import type { Profile } from "./plan.ts";
import type { SimNode } from "./world.ts";

const HOUR = 3_600_000;

export async function part(stage: Stage, { pairs }: Profile, wrong: () => boolean): Promise<void> {
  const { world, laws } = stage;
  const { chance } = world;
  const knocks: { readonly node: SimNode; readonly far: SimNode; readonly knows: Known[] }[] = [];
  for (const [one, other] of pairs) {
    const [a, b] = [stage.nodes[one] as SimNode, stage.nodes[other] as SimNode];
    const [node, far] = chance.next() < 0.5 ? [a, b] : [b, a];
    const { account } = far.messenger.self();
    const knows = await knownOf(node, far);
    const acts = [
      () => node.messenger.block(account),
      () => node.messenger.remove(account),
      () => node.messenger.setPolicy(account, "hidden"),
    ];
    const act = acts[Math.floor(chance.next() * acts.length)];
    if (act !== undefined) await stage.attempt<unknown>(node, act);
    knocks.push({ node, far, knows });
  }
  for (let hours = 1; hours <= 4; hours *= 2) {
    for (const { node, far, knows } of knocks)
      for (const { secret, claim } of knows) {
        // It may be unblocked again by what the plan still has to do.
        if (laws.isParted(node, far) && opensEnvelope(world, node, secret))
          laws.say(node, `opens an envelope of ${far.name}, a former contact`);
        for (const id of [claim, chance.bytes(32)])
          void hello(world, node, secret, id, far).catch(() => undefined);
      }
    await world.time.run(wrong, hours * HOUR);
    if (wrong()) return;
  }
}

interface Known {
  readonly secret: EpochSecret;
  /** The claim that it made, or any. */
  readonly claim: Uint8Array;
}

/** What `far` knows of `node`: the pair's secret, and the invites by which it came. */
async function knownOf(node: SimNode, far: SimNode): Promise<Known[]> {
  const contacts = (await far.store.all("contact")).map((row) => decodeRow<Contact>(row));
  const invites = (await node.store.all("invite")).map((row) => decodeRow<KeptInvite>(row));
  const us = node.messenger.self().account;
  const chain = contacts.find(({ account }) => account === us)?.chain;
  const claims = invites.flatMap(({ secret, claims }) =>
    claims
      .filter(({ account }) => account === far.messenger.self().account)
      .map(({ claim }) => ({ secret: { kind: "invite", secret } as const, claim })),
  );
  const pair = chain && { secret: { kind: "pair", chain } as const, claim: new Uint8Array(32) };
  return pair ? [pair, ...claims] : claims;
}
