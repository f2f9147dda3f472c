// Prints what the published library makes of every vector: node judge.mjs vectors.json
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, now, webhook_id: id, vectors } = JSON.parse(readFileSync(process.argv[2], "utf8"));
Date.now = () => now * 1000;

const accepted = ({ timestamp, signature, body }) => {
  const headers = { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signature };
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};
console.log(JSON.stringify(Object.fromEntries(vectors.map((each) => [each.name, accepted(each)]))));
