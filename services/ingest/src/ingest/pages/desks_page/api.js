/** Asks the API of the desks. */
import { answer, headers, keptAs, once } from "./asking.js";

export { Refused, randomKey } from "./asking.js";

const ROOT = new URL("../", import.meta.url); // wherever a proxy has put the service
const ANSWER_MS = 65_000; // a comparison takes its time

export const key = keptAs("sluice.ingest.key");

export async function get(path, query = {}, credential = key.read()) {
  const url = new URL(path.slice(1), ROOT);
  for (const [field, value] of Object.entries(query)) if (value) url.searchParams.set(field, value);
  return answer(url, { method: "GET", headers: headers(credential) }, ANSWER_MS);
}

/** Ask for something to be reckoned: nothing is kept, so nothing is done twice. */
export const ask = (path, content) => send("POST", path, content, {});

/** Ask for a change: what is sent again without having been answered is the same request. */
export async function change(method, path, body) {
  const content = typeof body === "string" ? body : JSON.stringify(body);
  return once(`${method} ${path} ${content}`, (made) => send(method, path, content, { "Idempotency-Key": made }));
}

/** Hand in a document under a key that its form was given: however often it is sent, it counts once. */
export const handIn = (path, content, made) => send("POST", path, content, { "Idempotency-Key": made });

function send(method, path, content, more) {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const sent = { ...headers(key.read()), "Content-Type": type, ...more };
  return answer(new URL(path.slice(1), ROOT), { method, headers: sent, body: content }, ANSWER_MS);
}
