/**
 * An alert hook: sends what is posted to it to one contact, with a token that can do nothing else.
 *
 *   sotto token create alerts --scope post --peer alice > alerts.token
 *   ALERTS_TOKEN_FILE=alerts.token node examples/alert-hook.mjs alice 8099
 *   curl --data "disk is full" http://127.0.0.1:8099/
 *
 * Every user of this machine can reach the port: they can send alerts, and read nothing.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, SottoError } from "sotto";

const MOST_BYTES = 4096;
const [who, port = "8099"] = process.argv.slice(2);
const file = process.env.ALERTS_TOKEN_FILE;
if (who === undefined || file === undefined) {
  console.error("usage: ALERTS_TOKEN_FILE=FILE node examples/alert-hook.mjs CONTACT [PORT]");
  process.exit(2);
}
const node = await connect({ reconnect: true, token: readFileSync(file, "utf8").trim() });

const server = createServer(async (request, response) => {
  const answer = (status, text) => response.writeHead(status).end(`${text}\n`);
  if (request.method !== "POST") return answer(405, "Post the text of the alert.");
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MOST_BYTES) return answer(413, `An alert has at most ${MOST_BYTES} bytes.`);
  }
  try {
    const { id } = await node.call("message.post", { who, text });
    answer(202, id);
  } catch (error) {
    answer(500, error instanceof SottoError ? `${error.message} ${error.remedy}` : "failed");
  }
});
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`Alerts for ${who}: http://127.0.0.1:${server.address().port}/`);
});
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => {
    server.close();
    node.close();
  });
