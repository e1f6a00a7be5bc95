// Affine maps of the plane, [a, b, c, d, e, f]: x' = a x + b y + c and y' = d x + e y + f.

export const apply = ([a, b, c, d, e, f], [x, y]) => [a * x + b * y + c, d * x + e * y + f];

export function inverse([a, b, c, d, e, f]) {
  const area = a * e - b * d;
  return [e / area, -b / area, (b * f - c * e) / area, -d / area, a / area, (c * d - a * f) / area];
}

// First `inner`, then `outer`.
export function joined(outer, inner) {
  const [a, b, , d, e] = outer, [c, f] = apply(outer, [inner[2], inner[5]]);
  return [
    a * inner[0] + b * inner[3], a * inner[1] + b * inner[4], c,
    d * inner[0] + e * inner[3], d * inner[1] + e * inner[4], f,
  ];
}

// Then times (x, y).
export const stretched = ([a, b, c, d, e, f], [x, y]) => [a * x, b * x, c * x, d * y, e * y, f * y];

// Then (x, y) further.
export const moved = ([a, b, c, d, e, f], [x, y]) => [a, b, c + x, d, e, f + y];
