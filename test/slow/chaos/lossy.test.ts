import { setTimeout as sleep } from "node:timers/promises";
import { settle, tell } from "../../chaos/account.ts";
import { everybody } from "../../chaos/killing.ts";
import { LossyLink } from "../../chaos/lossy.ts";
import { itWhere, noLossyLink } from "../../chaos/machine.ts";
import { sizes } from "../../chaos/sizes.ts";
import { Testbed } from "../../chaos/testbed.ts";
import { pair } from "../../chaos/user.ts";

const PATIENCE = 240_000;

describe("a bad network", () => {
  itWhere(
    noLossyLink(),
    `with ${sizes.loss} % of all packets lost, some twice, late and out of order, carries pairing and a whole conversation`,
    async () => {
      const link = await LossyLink.make(sizes.loss);
      const testbed = await Testbed.open();
      const seconds = (since: number) => ((Date.now() - since) / 1000).toFixed(1);
      try {
        const [here, there] = link.ends;
        const at = ({ through, address }: typeof here) => ({
          through,
          listen: `/ip4/${address}/tcp/0`,
        });
        await testbed.host(at(here));
        const alice = testbed.user("alice", at(here));
        const bob = testbed.user("bob", at(there));
        await Promise.all([alice.start(), bob.start()]);
        const pairing = Date.now();
        await pair(alice, bob, PATIENCE);
        tell(`paired after ${seconds(pairing)} s`);
        const talking = Date.now();
        const loads = everybody([alice, bob]);
        for (const load of loads) load.start();
        while (Math.min(...loads.map(({ texts }) => texts)) < sizes.lossy / 2) await sleep(50);
        await Promise.all(loads.map((load) => load.finish()));
        const written = Date.now();
        const { messages, lost, duplicated } = await settle(loads, PATIENCE);
        tell(
          `${messages} messages in ${seconds(talking)} s, the last delivered ${seconds(written)} s after it was written; ` +
            `${lost} lost, ${duplicated} duplicated`,
        );
      } finally {
        await testbed.close();
        const { carried, dropped, duplicated, late } = await link.close();
        tell(`${carried} packets: ${dropped} dropped, ${duplicated} doubled, ${late} late`);
      }
    },
  );
});
