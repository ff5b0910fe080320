/** What phones of some years ago lack; imported before anything else. */
export {};

if (!("replaceChildren" in Element.prototype)) {
  (Element.prototype as Element).replaceChildren = function (this: Element, ...nodes: (Node | string)[]): void {
    this.textContent = "";
    this.append(...nodes);
  };
}
