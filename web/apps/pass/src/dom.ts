/** Elements without a framework: make one, replace one. */

type Property = string | number | boolean | null | undefined | ((event: Event) => void);
export type Properties = Record<string, Property>;
export type Child = Node | string | null | undefined | false;

const SVG = "http://www.w3.org/2000/svg";

function dress<E extends Element>(element: E, properties: Properties, children: Child[]): E {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** An HTML element; functions among the properties become listeners of that event. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return dress(document.createElement(tag), properties, children);
}

/** A drawing of one path, decoration unless it has a label. */
export function drawing(viewBox: string, d: string, label = ""): SVGSVGElement {
  const path = dress(document.createElementNS(SVG, "path"), { d, "fill-rule": "evenodd" }, []);
  const named: Properties = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return dress(document.createElementNS(SVG, "svg"), { viewBox, class: "shape", ...named }, [path]);
}

/** Shows nodes in place of what the page showed. */
export function show(...nodes: Node[]): void {
  document.getElementById("app")?.replaceChildren(...nodes);
}
