// A receiver of HAPP events with Node 20 alone: HAPP_SIGNING_SECRET=whsec_... node receiver.mjs [port]
// HAPP_PASSWORD, if set, must be the one entered in HAPP. Every new event is printed as one line.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.HAPP_SIGNING_SECRET.replace(/^whsec_/, ""), "base64");
const password = process.env.HAPP_PASSWORD;
const toleranceSeconds = 300;
const mostBytes = 4 * 1024 * 1024;
const seen = new Set(); // Keep it in your database: an event may come twice, with the same id.

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

function handle(event) {
  if (seen.has(event.id)) return;
  seen.add(event.id);
  console.log(event.id, event.type, event.channel ?? "-", event.sequence);
}

async function statusFor(request) {
  if (request.method !== "POST") return 405;
  const body = await bodyOf(request);
  if (body === null) return 413;
  if (password && !same(request.headers.authorization ?? "", `Bearer ${password}`)) return 401;
  if (!signedByHapp(request.headers, body)) return 403;
  const event = JSON.parse(body);
  setImmediate(handle, event); // Answer at once, work later: HAPP waits five seconds at most.
  return 204;
}

createServer(async (request, response) => {
  response.writeHead(await statusFor(request).catch(() => 400)).end();
}).listen(Number(process.argv[2] ?? 8080), "127.0.0.1");
