/** The map of a made-up estate: buildings in three rows, their fence, a gate. */
const LONGITUDE = 114.35;
const LATITUDE = 22.7;
const METRE = 1 / 111_320;
const NARROW = Math.cos((LATITUDE * Math.PI) / 180);
/** The whole stands a little askew, as estates do. */
const ASKEW = 0.18;

const at = (x, y) => {
  const [east, north] = [x * Math.cos(ASKEW) - y * Math.sin(ASKEW), x * Math.sin(ASKEW) + y * Math.cos(ASKEW)];
  return [LONGITUDE + (east * METRE) / NARROW, LATITUDE + north * METRE];
};
const block = (x, y, width, height) => [[at(x, y), at(x + width, y), at(x + width, y + height), at(x, y + height), at(x, y)]];
const thing = (geometry, properties) => ({ type: "Feature", geometry, properties });

/** A GeoJSON FeatureCollection of an enclosure with so many buildings. */
export function estate(enclosure, buildings = 9) {
  const features = Array.from({ length: buildings }, (_, i) => {
    const coordinates = block((i % 3) * 75, Math.floor(i / 3) * -60, 55, 32);
    return thing({ type: "Polygon", coordinates }, { enclosure, building: `${i + 1}栋` });
  });
  const rows = Math.ceil(buildings / 3);
  features.push(thing({ type: "Polygon", coordinates: block(-20, rows * -60 + 40, 245, rows * 60 + 15) }, { enclosure }));
  features.push(thing({ type: "Point", coordinates: at(228, 0) }, { name: "东门" }));
  return { type: "FeatureCollection", features };
}
