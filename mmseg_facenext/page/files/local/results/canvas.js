// Logits of a part of a photo, brought to the photo's pixels tile by tile, as
// mmseg_facenext/inference/results/canvas.py does, which says why most classes can be left out of a tile.

import {apply} from '../pixels/affine.js';

const TILE = 320;
const NEGLIGIBLE = 10; // a logit that is lower by this has a probability below 5e-5

// `logits`: Float32Array (count, height, width); `matrix` leads from the photo's coordinates to theirs.
export class Canvas {
  constructor({logits, count, width, height}, matrix) {
    Object.assign(this, {logits, count, width, height, matrix});
    this.lead = leads(logits, count, width, height);
  }

  // Uint8Array of a part of the photo: the class of the largest logit; of equal ones the first. `without`: classes to
  // leave out.
  labels(part, without = []) {
    const wide = part.right - part.left, labels = new Uint8Array(wide * (part.bottom - part.top));
    for (const tile of tiles(part)) {
      const found = this.candidates(tile, 0), kept = found.filter((label) => !without.includes(label));
      const [first, ...others] = kept.length ? kept : found;
      this.mix(tile, others.length ? [first, ...others] : [], (values, x, y) => {
        let best = 0;
        for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
        labels[(y - part.top) * wide + x - part.left] = best ? others[best - 1] : first;
      });
    }
    return labels;
  }

  // A Float32Array of a part of the photo for each group of classes: the sum of their probabilities.
  probability(part, groups) {
    const wide = part.right - part.left, results = groups.map(() => new Float32Array(wide * (part.bottom - part.top)));
    for (const tile of tiles(part)) {
      const candidates = this.candidates(tile, NEGLIGIBLE), weights = new Float64Array(candidates.length);
      const members = groups.map((group) => [...candidates.keys()].filter((i) => group.includes(candidates[i])));
      if (members.every((each) => !each.length)) continue;
      this.mix(tile, candidates, (values, x, y) => {
        let most = -Infinity, all = 0;
        for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
        for (let i = 0; i < values.length; i++) {
          all += weights[i] = values[i] < most - NEGLIGIBLE ? 0 : Math.exp(values[i] - most);
        }
        for (let group = 0; group < members.length; group++) {
          let sum = 0;
          for (let i = 0; i < members[group].length; i++) sum += weights[members[group][i]];
          results[group][(y - part.top) * wide + x - part.left] = sum / all;
        }
      });
    }
    return results;
  }

  // The classes whose logit comes within `below` of the largest one somewhere in a tile.
  candidates({left, top, right, bottom}, below) {
    const places = [[left, top], [right, top], [left, bottom], [right, bottom]].map((each) => apply(this.matrix, each));
    const [low, high] = [Math.min, Math.max].map((extreme) => [this.width, this.height].map((side, axis) => {
      const place = Math.floor(extreme(...places.map((each) => each[axis])) - 0.5);
      return Math.min(Math.max(place, 0), side - 1);
    }));
    const most = new Float32Array(this.count).fill(-Infinity), area = this.width * this.height;
    for (let label = 0; label < this.count; label++) {
      for (let y = low[1]; y <= high[1]; y++) {
        for (let at = label * area + y * this.width + low[0], x = low[0]; x <= high[0]; x++, at++) {
          if (this.lead[at] > most[label]) most[label] = this.lead[at];
        }
      }
    }
    const limit = Math.min(-below, Math.max(...most));
    return [...most.keys()].filter((label) => most[label] >= limit);
  }

  // Call `take` with the logits of these classes, bilinear, for each pixel of a tile.
  mix(tile, classes, take) {
    const [a, b, c, d, e, f] = this.matrix, {width, height, logits} = this, values = new Float32Array(classes.length);
    const planes = Int32Array.from(classes, (label) => label * width * height);
    for (let y = tile.top; y < tile.bottom; y++) {
      for (let x = tile.left; x < tile.right; x++) {
        const u = Math.min(Math.max(a * (x + 0.5) + b * (y + 0.5) + c - 0.5, 0), width - 1);
        const v = Math.min(Math.max(d * (x + 0.5) + e * (y + 0.5) + f - 0.5, 0), height - 1);
        const left = Math.floor(u), top = Math.floor(v), across = u - left, down = v - top;
        const at = top * width + left, right = left + 1 < width ? 1 : 0, below = top + 1 < height ? width : 0;
        for (let i = 0; i < planes.length; i++) {
          const from = planes[i] + at;
          const upper = logits[from] + across * (logits[from + right] - logits[from]);
          const lower = logits[from + below] + across * (logits[from + below + right] - logits[from + below]);
          values[i] = upper + down * (lower - upper);
        }
        take(values, x, y);
      }
    }
  }
}

// By how much the largest logit of a class between four neighbours exceeds the smallest one of the strongest class.
function leads(logits, count, width, height) {
  const area = width * height, lead = new Float32Array(logits.length), least = new Float32Array(area).fill(-Infinity);
  for (let label = 0; label < count; label++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = y * width + x, from = label * area + at;
        const right = x + 1 < width ? 1 : 0, below = y + 1 < height ? width : 0;
        const one = logits[from], two = logits[from + right];
        const three = logits[from + below], four = logits[from + below + right];
        lead[from] = Math.max(one, two, three, four);
        least[at] = Math.max(least[at], Math.min(one, two, three, four));
      }
    }
  }
  for (let i = 0; i < lead.length; i++) lead[i] -= least[i % area];
  return lead;
}

function* tiles({left, top, right, bottom}) {
  for (let y = top; y < bottom; y += TILE) {
    for (let x = left; x < right; x += TILE) {
      yield {left: x, top: y, right: Math.min(x + TILE, right), bottom: Math.min(y + TILE, bottom)};
    }
  }
}
