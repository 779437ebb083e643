/** A mapping as text: written so that a rule fits a line, and which line a rule is on. */
const WIDTH = 100;

export function written(value, indent = 0) {
  const short = inline(value);
  if (typeof value !== "object" || value === null || indent + short.length <= WIDTH) return short;
  const pad = " ".repeat(indent + 2);
  const inner = Array.isArray(value)
    ? value.map((one) => `${pad}${written(one, indent + 2)}`)
    : Object.entries(value).map(([name, one]) => `${pad}${JSON.stringify(name)}: ${written(one, indent + 2)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${inner.join(",\n")}\n${" ".repeat(indent)}${close}`;
}

function inline(value) {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${inline(one)}`).join(", ")}}`;
}

/** Return the line of each place of the document, by its dotted name; what is no JSON has few. */
export function linesOf(text) {
  const lines = new Map();
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|\n|[^\s"{}[\],:]+/g;
  const stack = []; // {path, name, row}: row counts a list's, name is an object's latest
  let line = 1;
  let name = null;
  for (const [token] of text.matchAll(tokens)) {
    const top = stack[stack.length - 1];
    if (token === "\n") line += 1;
    else if (token === "{" || token === "[") {
      const path = here(top);
      if (token === "[") lines.set(join(path, 0), line);
      stack.push({ path, name: null, row: token === "[" ? 0 : null });
      if (!lines.has(path)) lines.set(path, line);
    } else if (token === "}" || token === "]") stack.pop();
    else if (token === ",") {
      if (top && top.row !== null) {
        top.row += 1;
        lines.set(here(top), line);
      }
    } else if (token === ":") {
      if (top) {
        top.name = name;
        lines.set(here(top), line);
      }
    } else if (token.startsWith('"')) name = unquoted(token);
  }
  return lines;
}

const here = (top) => (top ? join(top.path, top.row ?? top.name) : "");
const join = (path, name) => (path === "" ? String(name) : `${path}.${name}`);

function unquoted(token) {
  try {
    return JSON.parse(token);
  } catch {
    return token;
  }
}

/** Return the line of a rule, or of the nearest part around it. */
export function lineOf(lines, place) {
  const parts = place.split(".");
  while (parts.length) {
    const found = lines.get(parts.join("."));
    if (found) return found;
    parts.pop();
  }
  return 1;
}
