// How much of each pixel is of some classes, with edges that follow those of the photo, as `FaceParsing.matte` and
// mmseg_facenext/inference/results/soft_edges.py have it.

import {blurred} from '../pixels/planes.js';

const BLUR = 32; // the share of a face, as divisor of its square, over which edges are sought in the photo
const SMOOTHNESS = 1e-3; // variance of lightness (0 to 1) below which an area counts as even

// For each group of classes a Uint8Array of the photo. `source`: which view each pixel comes from, null where the whole
// photo is one view.
export function mattes(photo, views, source, groups, background) {
  const {width, height} = photo;
  const everywhere = (group) => new Float32Array(width * height).fill(group.includes(background) ? 1 : 0);
  const planes = groups.map(everywhere);
  for (const [place, {canvas, region}] of views.entries()) {
    canvas.probability(region, groups).forEach((values, g) => put(values, planes[g], region, width, source, place + 1));
  }
  return planes.map((plane) => {
    const result = plane.slice();
    for (const [place, view] of views.entries()) {
      const radius = Math.round((view.square ? view.square.side : Math.min(width, height)) / BLUR);
      const part = occupied(plane, view.region, width, 2 * radius + 1);
      if (!radius || !part) continue;
      const light = lightness(photo, part), values = taken(plane, part, width);
      followEdges(light, values, part.right - part.left, part.bottom - part.top, radius);
      put(values, result, part, width, source, place + 1);
    }
    const bytes = new Uint8Array(result.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = 255 * result[i] + 0.5;
    return bytes;
  });
}

function taken(plane, {left, top, right, bottom}, width) {
  const wide = right - left, values = new Float32Array(wide * (bottom - top));
  for (let y = top; y < bottom; y++) values.set(plane.subarray(y * width + left, y * width + right), (y - top) * wide);
  return values;
}

// Write a part of a plane, where it comes from this view.
function put(values, plane, {left, top, right, bottom}, width, source, number) {
  for (let y = top, from = 0; y < bottom; y++) {
    for (let at = y * width + left; at < y * width + right; at++, from++) {
      if (!source || source[at] === number) plane[at] = values[from];
    }
  }
}

// The smallest part of a region that holds all values above 0, and so many pixels around them; null if there are none.
function occupied(plane, region, width, margin) {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (let y = region.top; y < region.bottom; y++) {
    for (let x = region.left; x < region.right; x++) {
      if (!plane[y * width + x]) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), y];
    }
  }
  return right < 0 ? null : {
    left: Math.max(region.left, left - margin), right: Math.min(region.right, right + 1 + margin),
    top: Math.max(region.top, top - margin), bottom: Math.min(region.bottom, bottom + 1 + margin),
  };
}

function lightness({width, pixels}, {left, top, right, bottom}) {
  const grey = new Float32Array((right - left) * (bottom - top));
  for (let y = top, to = 0; y < bottom; y++) {
    for (let at = 3 * (y * width + left); at < 3 * (y * width + right); at += 3, to++) {
      grey[to] = (0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2]) / 255;
    }
  }
  return grey;
}

// The guided filter: He, Sun and Tang, "Guided Image Filtering", PAMI 2013. Changes `values`.
function followEdges(light, values, width, height, radius) {
  const mean = (plane) => blurred(plane, width, height, radius), size = values.length;
  const meanLight = mean(light), meanValue = mean(values), product = new Float32Array(size);
  for (let i = 0; i < size; i++) product[i] = light[i] * values[i];
  const slope = mean(product);
  for (let i = 0; i < size; i++) product[i] = light[i] * light[i];
  const meanSquare = mean(product), shift = product;
  for (let i = 0; i < size; i++) {
    slope[i] = (slope[i] - meanLight[i] * meanValue[i]) / (meanSquare[i] - meanLight[i] ** 2 + SMOOTHNESS);
    shift[i] = meanValue[i] - slope[i] * meanLight[i];
  }
  const slopes = mean(slope), shifts = mean(shift);
  for (let i = 0; i < size; i++) values[i] = Math.min(Math.max(slopes[i] * light[i] + shifts[i], 0), 1);
}
