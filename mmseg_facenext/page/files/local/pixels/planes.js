// Float32 planes, row by row.

import {mixtures, reflected} from './pictures.js';

// Bilinear; pixels are areas.
export function enlarged(plane, width, height, newWidth, newHeight) {
  const result = new Float32Array(newWidth * newHeight), columns = mixtures(width, newWidth);
  const rows = mixtures(height, newHeight);
  for (let y = 0, to = 0; y < newHeight; y++) {
    const upper = width * rows.first[y], lower = width * rows.second[y], down = rows.share[y];
    for (let x = 0; x < newWidth; x++, to++) {
      const left = columns.first[x], right = columns.second[x], across = columns.share[x];
      const above = plane[upper + left] * (1 - across) + plane[upper + right] * across;
      const below = plane[lower + left] * (1 - across) + plane[lower + right] * across;
      result[to] = above * (1 - down) + below * down;
    }
  }
  return result;
}

// Bilinear; `matrix` leads from coordinates in the result to those in the plane. Outside, the plane goes on as at its
// edge, or is 0.
export function warpedPlane(plane, width, height, [a, b, c, d, e, f], newWidth, newHeight, isZeroOutside) {
  const result = new Float32Array(newWidth * newHeight);
  const at = (x, y) => {
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    if (!inside && isZeroOutside) return 0;
    return plane[Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1)];
  };
  for (let row = 0, to = 0; row < newHeight; row++) {
    for (let column = 0; column < newWidth; column++, to++) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c - 0.5, y = d * (column + 0.5) + e * (row + 0.5) + f - 0.5;
      const left = Math.floor(x), top = Math.floor(y), across = x - left, down = y - top;
      const above = at(left, top) * (1 - across) + at(left + 1, top) * across;
      const below = at(left, top + 1) * (1 - across) + at(left + 1, top + 1) * across;
      result[to] = above * (1 - down) + below * down;
    }
  }
  return result;
}

// The mean of the square window of each pixel; at the edges the plane is reflected.
export function blurred(plane, width, height, radius) {
  const result = new Float32Array(plane.length), sums = new Float64Array(width), row = new Float64Array(width);
  const add = (y, sign) => { // a row of window sums along x
    const from = width * reflected(y, height);
    let sum = 0;
    for (let x = -radius; x <= radius; x++) sum += plane[from + reflected(x, width)];
    for (let x = 0; x < width; x++) {
      row[x] = sum;
      const next = x + radius + 1, last = x - radius;
      sum += plane[from + (next < width ? next : reflected(next, width))];
      sum -= plane[from + (last >= 0 ? last : reflected(last, width))];
    }
    for (let x = 0; x < width; x++) sums[x] += sign * row[x];
  };
  for (let y = -radius; y <= radius; y++) add(y, 1);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) result[to++] = sums[x] / (2 * radius + 1) ** 2;
    add(y + radius + 1, 1);
    add(y - radius, -1);
  }
  return result;
}
