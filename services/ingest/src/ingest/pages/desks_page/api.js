/** Asks the API: the key in a header, refusals as values to show, every change repeatable. */
const ROOT = new URL("../", import.meta.url); // wherever a proxy has put the service
const KEY = "sluice.ingest.key";
const ANSWER_MS = 65_000; // a comparison takes its time
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

export async function get(path, query = {}, credential = key.read()) {
  const url = new URL(path.slice(1), ROOT);
  for (const [field, value] of Object.entries(query)) if (value) url.searchParams.set(field, value);
  return answer(url, { method: "GET", headers: headers(credential) });
}

/** Ask for something to be reckoned: nothing is kept, so nothing is done twice. */
export const ask = (path, content) => send("POST", path, content, {});

/** Ask for a change: what is sent again without having been answered is the same request. */
export async function change(method, path, body) {
  const content = typeof body === "string" ? body : JSON.stringify(body);
  const what = `${method} ${path} ${content}`;
  if (!repeatable.has(what)) repeatable.set(what, randomKey());
  try {
    const answered = await send(method, path, content, { "Idempotency-Key": repeatable.get(what) });
    repeatable.delete(what);
    return answered;
  } catch (refusal) {
    if (refusal.status >= 400 && refusal.status < 500) repeatable.delete(what);
    throw refusal;
  }
}

/** Hand in a document under a key that its form was given: however often it is sent, it counts once. */
export const handIn = (path, content, made) => send("POST", path, content, { "Idempotency-Key": made });

function send(method, path, content, more) {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const sent = { ...headers(key.read()), "Content-Type": type, ...more };
  return answer(new URL(path.slice(1), ROOT), { method, headers: sent, body: content });
}

function headers(credential) {
  return { Accept: "application/json", Authorization: `Bearer ${credential}` };
}

async function answer(url, request) {
  let response;
  let content;
  try {
    response = await fetch(url, {
      ...request,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
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

export function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is missing over plain HTTP
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
