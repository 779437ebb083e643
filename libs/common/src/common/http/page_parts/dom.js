/** Builds what is shown from elements and text, and changes what is there as little as possible. */
const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "path", "circle", "rect"]);
const HEARD = Symbol("heard");
const READERS = new Set(["open", "style"]); // `open` is the reader's doing; `style` has its own way

/** Make an element: `on` holds listeners, `style` properties; children are elements or text. */
export function h(tag, given = {}, ...children) {
  const made = SHAPES.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "on") listen(made, value);
    else if (name === "style") setStyle(made, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...nodes(children));
  return made;
}

function listen(made, listeners) {
  made[HEARD] = listeners;
  for (const type of Object.keys(listeners)) {
    made.addEventListener(type, (event) => made[HEARD]?.[type]?.(event));
  }
}

function setStyle(made, properties) {
  for (const [name, value] of Object.entries(properties)) made.style.setProperty(name, value);
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

/** Let the place show these children; what is alike stays, with focus and what was typed. */
export function show(place, ...children) {
  const wanted = nodes(children);
  wanted.forEach((node, position) => {
    bring(place, node, position);
    const here = place.childNodes[position];
    if (here === undefined) place.append(node);
    else if (alike(here, node)) settle(here, node);
    else place.insertBefore(node, here);
  });
  while (place.childNodes.length > wanted.length) place.lastChild.remove();
}

/** Move the one that is wanted here to here, or drop what stands in its way. */
function bring(place, node, position) {
  const rest = Array.from(place.childNodes).slice(position);
  const found = rest.findIndex((there) => alike(there, node));
  if (found <= 0) return; // to put an element where it is would take the focus from it
  if (keyOf(node) !== null) place.insertBefore(rest[found], rest[0]);
  else if (rest.slice(0, found).every((there) => keyOf(there) === null)) {
    rest.slice(0, found).forEach((there) => there.remove());
  }
}

function alike(here, node) {
  return here.nodeName === node.nodeName && keyOf(here) === keyOf(node);
}

function keyOf(node) {
  return node instanceof Element ? node.getAttribute("data-key") : null;
}

function settle(here, node) {
  if (here === node) return;
  if (!(here instanceof Element)) {
    if (here.data !== node.data) here.data = node.data;
    return;
  }
  for (const { name } of Array.from(here.attributes)) {
    if (!READERS.has(name) && !node.hasAttribute(name)) here.removeAttribute(name);
  }
  for (const { name, value } of Array.from(node.attributes)) {
    if (!READERS.has(name) && here.getAttribute(name) !== value) here.setAttribute(name, value);
  }
  if (here.style.cssText !== node.style.cssText) here.style.cssText = node.style.cssText;
  relisten(here, node);
  show(here, ...Array.from(node.childNodes));
}

function relisten(here, node) {
  if (here[HEARD] && node[HEARD]) here[HEARD] = node[HEARD];
  else if (node[HEARD]) listen(here, node[HEARD]);
  else if (here[HEARD]) here[HEARD] = {};
}
