// A receiver of HAPP events with Node 20 alone: HAPP_SIGNING_SECRET=whsec_... node receiver.mjs [port]
// HAPP_PASSWORD, if set, must be the one entered in HAPP. Every new event is printed as one line; its id is kept in the
// file HAPP_EVENTS.
import { createHmac, timingSafeEqual } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

const secret = process.env.HAPP_SIGNING_SECRET ?? "";
const password = process.env.HAPP_PASSWORD ?? "";
const file = process.env.HAPP_EVENTS ?? "seen.txt";
const toleranceSeconds = 300;
const mostBytes = 4 * 1024 * 1024;

if (!/^whsec_([A-Za-z0-9+/]{4}){10,}[A-Za-z0-9+/]{3}=$/.test(secret)) {
  console.error("HAPP_SIGNING_SECRET must be the signing secret as HAPP shows it: whsec_ and 44 characters.");
  process.exit(1); // An empty key would let forgeries in.
}
const key = Buffer.from(secret.slice("whsec_".length), "base64");

function same(a, b) {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

// One of the signatures fits the bytes as they came, and was made in the last five minutes.
function signedByHapp(headers, body) {
  const stamp = headers["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(stamp) || Math.abs(Date.now() / 1000 - Number(stamp)) > toleranceSeconds) return false;
  const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${stamp}.`), body]);
  const expected = "v1," + createHmac("sha256", key).update(signed).digest("base64");
  return (headers["webhook-signature"] ?? "").split(" ").some((given) => same(expected, given));
}

async function bodyOf(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > mostBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

// Be quick: HAPP waits five seconds at most.
function handle(event) {
  console.log(event.id, event.type, event.channel ?? "-", event.sequence);
}

// An event may come twice, with the same id. It counts as seen after it was handled, not before: a table of your own
// database, in one transaction with what `handle` writes, is better still.
appendFileSync(file, "");
const seen = new Set(readFileSync(file, "utf8").split("\n"));
function take(event) {
  if (seen.has(event.id)) return;
  handle(event);
  appendFileSync(file, `${event.id}\n`);
  seen.add(event.id);
}

async function statusFor(request) {
  if (request.method !== "POST") return 405;
  const body = await bodyOf(request);
  if (body === null) return 413;
  if (password && !same(request.headers.authorization ?? "", `Bearer ${password}`)) return 401;
  if (!signedByHapp(request.headers, body)) return 403;
  take(JSON.parse(body));
  return 204;
}

createServer(async (request, response) => {
  const failed = (problem) => (console.error("HAPP will send it again:", problem), 500);
  response.writeHead(await statusFor(request).catch(failed)).end();
}).listen(Number(process.argv[2] ?? 8080), "127.0.0.1");
