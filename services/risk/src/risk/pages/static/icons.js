/** The few pictures the desk uses, drawn with lines in the colour of the text beside them. */
import { h } from "./dom.js";

const LINES = {
  reviews: ["M12 3 4.5 6v5.5c0 4.6 3.2 7.9 7.5 9.5 4.3-1.6 7.5-4.9 7.5-9.5V6z", "M12 8.5v4", "M12 15.8v.2"],
  order: ["M11 18.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15z", "m16.5 16.5 4 4"],
  release: ["M6 4v16", "M6 8.5c0 4 12 2.5 12 7", "M18 20v-4.5", "M3.5 6.5 6 4l2.5 2.5"],
  breakers: ["M13 2.5 5 13.5h6l-1 8 9-12h-6.5z"],
  clock: ["M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z", "M12 7.5V12l3 2"],
  check: ["m5 12.5 4.5 4.5L19 7.5"],
  cross: ["m6.5 6.5 11 11", "m17.5 6.5-11 11"],
  warning: ["M12 4 2.8 19.5h18.400z", "M12 10v4", "M12 16.8v.2"],
  refresh: ["M20 5v5h-5", "M19.5 10a8 8 0 1 0 .3 4.5"],
  leave: ["M14 4H6v16h8", "M10.5 12H20", "m16.5 8.5 3.5 3.5-3.5 3.5"],
};

export function icon(name) {
  const shape = { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" };
  return h("svg", shape, LINES[name].map((line) => h("path", { d: line })));
}
