/** Asks an API from a page: the key of the tab, refusals as values to show, changes repeatable. */
const repeatable = new Map(); // what is being asked for -> its Idempotency-Key

/** What the API refuses; status 0 is a request that got no answer. */
export class Refused extends Error {
  constructor(status, problem = {}) {
    super(problem.detail || problem.title || "");
    this.status = status;
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
  }
}

/** The API key, kept under this name as long as the tab is open. */
export const keptAs = (name) => ({
  read: () => sessionStorage.getItem(name),
  keep: (given) => sessionStorage.setItem(name, given),
  forget: () => {
    sessionStorage.removeItem(name);
    repeatable.clear();
  },
});

export const headers = (credential) => ({ Accept: "application/json", Authorization: `Bearer ${credential}` });

/** Send a request; an answer that is a refusal, or that does not come in time, is thrown. */
export async function respond(url, request, milliseconds) {
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
    content = await response.blob();
  } catch {
    throw new Refused(0);
  }
  if (!response.ok) throw new Refused(response.status, parsed(await content.text()) ?? {});
  return content;
}

/** Send a request that is answered in JSON, and return what it says. */
export async function answer(url, request, milliseconds) {
  const read = parsed(await (await respond(url, request, milliseconds)).text());
  if (read === null) throw new Refused(502);
  return read;
}

/** Send a change under a key: what is sent again without having been answered is the same request. */
export async function once(what, send) {
  if (!repeatable.has(what)) repeatable.set(what, randomKey());
  try {
    const answered = await send(repeatable.get(what));
    repeatable.delete(what);
    return answered;
  } catch (refusal) {
    if (refusal.status >= 400 && refusal.status < 500) repeatable.delete(what);
    throw refusal;
  }
}

/** @returns what a text says as JSON, or null */
export function parsed(content) {
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
