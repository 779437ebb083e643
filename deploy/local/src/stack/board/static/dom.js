/** Makes elements; text never becomes markup. */
const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "path", "line", "circle", "text", "g"]);

/** Make an element: `on` holds listeners; children are elements, text, or nothing. */
export function h(tag, given = {}, ...children) {
  const made = SHAPES.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "on") Object.entries(value).forEach(([type, heard]) => made.addEventListener(type, heard));
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...nodes(children));
  return made;
}

const nodes = (children) =>
  children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));

/** Let the place show these children, unless it does already: what is selected stays selected. */
export function show(place, ...children) {
  const made = h("div", {}, ...children);
  if (made.innerHTML !== place.innerHTML) place.replaceChildren(...made.childNodes);
}

/** Give a bar its length: a share from 0 to 1. */
export function bar(share, tone = "") {
  const fill = h("span", { class: `fill ${tone}` });
  fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return h("span", { class: "track", "aria-hidden": "true" }, fill);
}
