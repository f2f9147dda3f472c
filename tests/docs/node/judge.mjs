// Prints what the published library makes of every vector, and of a request that arrived:
// node judge.mjs vectors.json arrival.json
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const [vectors, arrival] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));

const accepted = (secret, body, headers) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};

const judged = { arrival: accepted(arrival.secret, arrival.body, arrival.headers) };
judged.altered = accepted(arrival.secret, `${arrival.body} `, arrival.headers);

Date.now = () => vectors.now * 1000;
for (const { name, timestamp, signature, body } of vectors.vectors) {
  const headers = { "webhook-id": vectors.webhook_id, "webhook-timestamp": String(timestamp), "webhook-signature": signature };
  judged[name] = accepted(vectors.secret, body, headers);
}
console.log(JSON.stringify(judged));
