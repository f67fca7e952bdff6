/** Started by a test: exchanges one frame, stops, and must then exit by itself. */
import { connect, createLab, keysOf, noSignal, recordOf, until } from "./support.ts";

process.on("unhandledRejection", (reason) => {
  console.log("unhandled", reason);
  process.exit(1);
});
const lab = createLab();
const host = await lab.bootstrap();
const [a, b] = [await lab.node({ bootstrap: host.addresses() }), await lab.node()];
const [ours, theirs] = await connect(a, b);
await ours.send([Uint8Array.of(1)]);
await theirs.receive();
await until(() => a.status().lanDht > 0);
await a.rendezvous.publish(keysOf(1).tag, recordOf(1), noSignal());
await lab.clear();
console.log("stopped");
