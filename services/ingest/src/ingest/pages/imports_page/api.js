/** Asks the API; an upload is watched on its way, and sent again it is the same one. */
const ROOT = new URL("../v1/imports", import.meta.url);
const KEY = "sluice.ingest.key";
const READ_MS = 10_000;
const UPLOAD_MS = 290_000;
const sent = new WeakMap(); // file -> [what it was sent with, its Idempotency-Key]

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
  forget: () => sessionStorage.removeItem(KEY),
};

export async function get(path = "", query = {}) {
  return (await answer(path, query, { method: "GET" })).json();
}

export async function stop(id, reason) {
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify({ reason }) };
  return (await answer(`/${encodeURIComponent(id)}/stop`, {}, request)).json();
}

/** Fetch a file with the key and hand it to the reader; a link could not send the key. */
export async function download(path, query, name) {
  const content = await (await answer(path, query, { method: "GET" })).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function answer(path, query, request) {
  const url = new URL(ROOT.href + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  let response;
  try {
    response = await fetch(url, {
      ...request,
      headers: { ...request.headers, Authorization: `Bearer ${key.read()}` },
      cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(READ_MS),
    });
  } catch {
    throw new Refused(0);
  }
  if (!response.ok) throw new Refused(response.status, parsed(await response.text()) ?? {});
  return response;
}

/** @param tell  is told how many percent are on the way */
export function upload(form, tell) {
  const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
  request.open("POST", ROOT);
  request.timeout = UPLOAD_MS;
  request.setRequestHeader("Authorization", `Bearer ${key.read()}`);
  request.setRequestHeader("Idempotency-Key", keyOf(form));
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) tell(Math.floor((100 * event.loaded) / event.total));
  });
  return new Promise((resolve, reject) => {
    for (const end of ["error", "timeout", "abort"]) {
      request.addEventListener(end, () => reject(new Refused(0)));
    }
    request.addEventListener("load", () => {
      const read = parsed(request.responseText);
      if (request.status === 202 && read) {
        sent.delete(form.get("file"));
        resolve(read);
      } else reject(new Refused(request.status, read ?? {}));
    });
    request.send(form);
  });
}

function keyOf(form) {
  const items = form.get("items");
  const what = JSON.stringify([form.get("channel"), form.get("shop"), form.get("format"), items?.name, items?.size]);
  const before = sent.get(form.get("file"));
  if (before?.[0] === what) return before[1];
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sent.set(form.get("file"), [what, made]);
  return made;
}

function parsed(content) {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}
