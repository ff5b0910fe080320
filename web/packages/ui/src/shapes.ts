/**
 * The shape that always goes with a colour, so that no one needs to see the colour to read it:
 * circle with a tick, triangle with a mark, octagon with a bar. Each is one even-odd path in a
 * 24 × 24 box, the sign cut out of the body so that it shows on any ground.
 */

export type Colour = "green" | "yellow" | "red";

export const COLOURS: readonly Colour[] = ["green", "yellow", "red"];

export const SHAPES: Record<Colour, string> = {
  green:
    "M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22ZM10.3 17.6L4.9 12.2l2.1-2.1l3.3 3.3l6.7-6.7l2.1 2.1Z",
  yellow:
    "M13.7 2.2a2 2 0 0 0-3.4 0L.9 18.8a2 2 0 0 0 1.7 3h18.8a2 2 0 0 0 1.7-3ZM10.6 8h2.8l-.4 6.6h-2ZM12 16.2a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 0 1 0-3.2Z",
  red: "M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9ZM5.5 10.2v3.6h13v-3.6Z",
};

/** The path element's rule that cuts the sign out. */
export const SHAPE_RULE = "evenodd";
