/** Small makers of elements; nothing here sets markup from text. */
const SVG = "http://www.w3.org/2000/svg";
let iconsUrl = new URL("../../vendor/icons.svg", import.meta.url).href;

/** Where the icon sprite lies, when the page says so. */
export function useIcons(url) {
  if (url) iconsUrl = url;
}

/** An element with attributes (class, aria-…, data-…), `on` listeners, `text`, and children. */
export function make(tag, { on = {}, text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  if (text !== undefined) element.textContent = text;
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "gantt-icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", "0 0 24 24");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${iconsUrl}#i-${name}`);
  svg.append(use);
  return svg;
}

/** Read and keep a choice of this browser; storage may be forbidden. */
export const memory = {
  get(key) {
    try {
      return JSON.parse(window.localStorage.getItem(`jingwei.gantt.${key}`));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      window.localStorage.setItem(`jingwei.gantt.${key}`, JSON.stringify(value));
    } catch {
      // a private window: the choice lasts as long as the page
    }
  },
};
