// How much of each pixel is of some classes, with edges that follow those of the photo, as `FaceParsing.matte` and
// mmseg_facenext/inference/results/soft_edges.py have it.

import {blurred} from './planes.js';

const BLUR = 32; // the share of a face, as divisor of its square, over which edges are sought in the photo
const SMOOTHNESS = 1e-3; // variance of lightness (0 to 1) below which an area counts as even

// For each group of classes a Uint8Array of the photo. `source`: which view each pixel comes from, null where the whole
// photo is one view.
export function mattes(photo, views, source, groups, background) {
  const {width, height} = photo;
  const isOwn = (place, at) => !source || source[at] === place + 1;
  const everywhere = (group) => new Float32Array(width * height).fill(group.includes(background) ? 1 : 0);
  const probabilities = groups.map(everywhere);
  for (const [place, view] of views.entries()) {
    const shares = view.canvas.probability(view.region, groups);
    eachPixel(view.region, width, (i, at) => {
      if (isOwn(place, at)) for (let g = 0; g < shares.length; g++) probabilities[g][at] = shares[g][i];
    });
  }
  return probabilities.map((probability) => {
    const result = Uint8Array.from(probability, (each) => 255 * each + 0.5);
    for (const [place, view] of views.entries()) {
      const {left, top, right, bottom} = view.region, wide = right - left, high = bottom - top;
      const radius = Math.round((view.square ? view.square.side : Math.min(width, height)) / BLUR);
      if (!radius) continue;
      const light = new Float32Array(wide * high), values = new Float32Array(wide * high);
      eachPixel(view.region, width, (i, at) => {
        light[i] = lightness(photo.pixels, 3 * at);
        values[i] = probability[at];
      });
      const sharp = followEdges(light, values, wide, high, radius);
      eachPixel(view.region, width, (i, at) => { if (isOwn(place, at)) result[at] = 255 * sharp[i] + 0.5; });
    }
    return result;
  });
}

// Call `take` with the place of each pixel in a part of the photo, and in the photo.
function eachPixel({left, top, right, bottom}, width, take) {
  for (let y = top, i = 0; y < bottom; y++) for (let x = left; x < right; x++, i++) take(i, y * width + x);
}

const lightness = (pixels, at) => (0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2]) / 255;

// The guided filter: He, Sun and Tang, "Guided Image Filtering", PAMI 2013.
function followEdges(light, values, width, height, radius) {
  const mean = (plane) => blurred(plane, width, height, radius);
  const meanLight = mean(light), meanValue = mean(values);
  const slope = mean(light.map((each, i) => each * values[i])), meanSquare = mean(light.map((each) => each * each));
  for (let i = 0; i < slope.length; i++) {
    slope[i] = (slope[i] - meanLight[i] * meanValue[i]) / (meanSquare[i] - meanLight[i] ** 2 + SMOOTHNESS);
  }
  const shift = meanValue.map((each, i) => each - slope[i] * meanLight[i]);
  const slopes = mean(slope), shifts = mean(shift);
  return slopes.map((each, i) => Math.min(Math.max(each * light[i] + shifts[i], 0), 1));
}
