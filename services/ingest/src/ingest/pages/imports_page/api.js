/** Asks the API of imports: an upload is watched on its way, and sent again it is the same one. */
import { answer, headers, keptAs, parsed, randomKey, Refused, respond } from "./asking.js";

export { Refused } from "./asking.js";

const ROOT = new URL("../v1/imports", import.meta.url);
const READ_MS = 10_000;
const UPLOAD_MS = 290_000;
const sent = new WeakMap(); // file -> [what it was sent with, its Idempotency-Key]

export const key = keptAs("sluice.ingest.key");

export const get = (path = "", query = {}) => answer(...call(path, query, { method: "GET" }));

export async function stop(id, reason) {
  const type = { "Content-Type": "application/json" };
  const request = { method: "POST", headers: type, body: JSON.stringify({ reason }) };
  return answer(...call(`/${encodeURIComponent(id)}/stop`, {}, request));
}

/** Fetch a file with the key and hand it to the reader; a link could not send the key. */
export async function download(path, query, name) {
  const content = await respond(...call(path, query, { method: "GET" }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function call(path, query, request) {
  const url = new URL(ROOT.href + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return [url, { ...request, headers: { ...headers(key.read()), ...request.headers } }, READ_MS];
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
  const made = randomKey();
  sent.set(form.get("file"), [what, made]);
  return made;
}
