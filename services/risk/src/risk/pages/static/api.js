/** Asks the API of the desk: paths by name, every change repeatable. */
import { answer, headers, keptAs, once } from "./asking.js";
import PATHS from "./paths.js";

export { Refused } from "./asking.js";

const ROOT = new URL("../", import.meta.url); // wherever a proxy has put the service
const READ_MS = 10_000;
const WRITE_MS = 65_000; // a measurement takes its time

export const key = keptAs("sluice.risk.key");

export async function get(name, parts = {}, query = {}, credential = key.read()) {
  const url = address(name, parts);
  for (const [field, value] of Object.entries(query)) url.searchParams.set(field, value);
  return answer(url, { method: "GET", headers: headers(credential) }, READ_MS);
}

/** Ask for a change: what is sent again without having been answered is the same request. */
export async function post(name, parts, body) {
  const url = address(name, parts);
  const content = JSON.stringify(body ?? null);
  return once(`${url} ${content}`, (made) => {
    const sent = { ...headers(key.read()), "Idempotency-Key": made };
    const request = { method: "POST", headers: sent };
    if (body !== undefined) {
      request.body = content;
      sent["Content-Type"] = "application/json";
    }
    return answer(url, request, WRITE_MS);
  });
}

function address(name, parts) {
  const path = PATHS[name][1].replace(/\{(\w+)\}/g, (_, part) => encodeURIComponent(parts[part]));
  return new URL(path.slice(1), ROOT);
}
