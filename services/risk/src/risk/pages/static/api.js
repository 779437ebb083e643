/** Asks the API: the key in a header, refusals as values to show, every change repeatable. */
import PATHS from "./paths.js";

const ROOT = new URL("../", import.meta.url); // wherever a proxy has put the service
const KEY = "sluice.risk.key";
const READ_MS = 10_000;
const WRITE_MS = 65_000; // a measurement takes its time
const repeatable = new Map(); // what is being asked for -> its Idempotency-Key

/** What the API refuses; status 0 is a request that got no answer. */
export class Refused extends Error {
  constructor(status, problem = {}) {
    super(problem.detail || problem.title || "");
    this.status = status;
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
  }
}

export const key = {
  read: () => sessionStorage.getItem(KEY),
  keep: (given) => sessionStorage.setItem(KEY, given),
  forget: () => {
    sessionStorage.removeItem(KEY);
    repeatable.clear();
  },
};

export async function get(name, parts = {}, query = {}, credential = key.read()) {
  const url = address(name, parts);
  for (const [field, value] of Object.entries(query)) url.searchParams.set(field, value);
  return answer(url, { method: "GET", headers: headers(credential) }, READ_MS);
}

/** Ask for a change: what is sent again without having been answered is the same request. */
export async function post(name, parts, body) {
  const url = address(name, parts);
  const content = JSON.stringify(body ?? null);
  const what = `${url} ${content}`;
  if (!repeatable.has(what)) repeatable.set(what, randomKey());
  const sent = { ...headers(key.read()), "Idempotency-Key": repeatable.get(what) };
  const request = { method: "POST", headers: sent };
  if (body !== undefined) {
    request.body = content;
    sent["Content-Type"] = "application/json";
  }
  try {
    const answered = await answer(url, request, WRITE_MS);
    repeatable.delete(what);
    return answered;
  } catch (refusal) {
    if (refusal.status >= 400 && refusal.status < 500) repeatable.delete(what);
    throw refusal;
  }
}

function address(name, parts) {
  const path = PATHS[name][1].replace(/\{(\w+)\}/g, (_, part) => encodeURIComponent(parts[part]));
  return new URL(path.slice(1), ROOT);
}

function headers(credential) {
  return { Accept: "application/json", Authorization: `Bearer ${credential}` };
}

async function answer(url, request, milliseconds) {
  let response;
  let content;
  try {
    response = await fetch(url, {
      ...request,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(milliseconds),
    });
    content = await response.text();
  } catch {
    throw new Refused(0);
  }
  const read = parsed(content);
  if (!response.ok) throw new Refused(response.status, read ?? {});
  if (read === null) throw new Refused(502);
  return read;
}

function parsed(content) {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}

function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is missing over plain HTTP
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
