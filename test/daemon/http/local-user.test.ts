import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { promisify } from "node:util";
import { isOwnUser, userOf } from "../../../src/daemon/http/local-user.ts";

const HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const line = (local: string, remote: string, state: string, uid: number) =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 1 1 0 20 4 30 10 -1`;

describe("http, the user at the other end", () => {
  it("is read from the row of their end, where it is established", () => {
    const listed = [
      HEAD,
      line("0100007F:1267", "0100007F:C350", "01", 1),
      line("0100007F:C350", "0100007F:1267", "06", 0),
      line("0100007F:C350", "0100007F:1267", "01", 1000),
      line("0200007F:C350", "0100007F:1267", "01", 7),
    ].join("\n");
    assert.equal(userOf(listed, 0xc350, 0x1267), 1000);
    assert.equal(userOf(listed, 0xc351, 0x1267), undefined);
    assert.equal(userOf(`${HEAD}\n`, 0xc350, 0x1267), undefined);
    const closed = [HEAD, line("0100007F:C350", "0100007F:1267", "06", 0)].join("\n");
    assert.equal(userOf(closed, 0xc350, 0x1267), undefined);
  });

  it("is this one for a connection of ours, and another one's is told apart", async function () {
    if (process.platform !== "linux") this.skip();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const accept = async (): Promise<boolean> => {
      const [socket] = (await once(server, "connection")) as [Socket];
      const own = await isOwnUser(socket);
      socket.destroy();
      return own;
    };
    try {
      const ours = connect(port, "127.0.0.1");
      assert.equal(await accept(), true);
      ours.destroy();
      if (process.getuid?.() !== 0) return;
      const script = `require("net").connect(${port}, "127.0.0.1").on("close", () => {}).resume()`;
      const other = promisify(execFile)(process.execPath, ["-e", script], { uid: 65534, cwd: "/" });
      assert.equal(await accept(), false);
      await other;
    } finally {
      server.close();
    }
  });
});
