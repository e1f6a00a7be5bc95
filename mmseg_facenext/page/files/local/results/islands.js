// Give up small islands of a class, as mmseg_facenext/inference/results/islands.py does.

import {regions} from '../pixels/regions.js';

const SHARE = 1 / 2000; // of the picture: pieces of a class that are smaller are islands
// Of the largest piece of the class: smaller pieces of large parts are islands, too; of small parts, only those.
const OF_LARGEST = 1 / 50, OF_LARGEST_SMALL = 1 / 8;
const OF_SKIN = 1 / 12; // glasses of less than this share of the skin are shadows around the eyes
// Of the picture: what all pieces of a small part, and of glasses or a hat, must have together to be there at all.
const LEAST_OF_SMALL = 1 / 4000, LEAST_OF_WORN = 1 / 400;
const SMALL_PARTS = new Set([
  'nose', 'left eye', 'right eye', 'left brow', 'right brow', 'left ear', 'right ear',
  'mouth', 'upper lip', 'lower lip', 'earring',
]);
const LARGE_PARTS = new Set(['skin', 'hair', 'neck', 'cloth']);
const WORN = new Set(['eyeglasses', 'hat']);

// Change the logits so that the class of each island is the least likely one: the next best takes its place.
export function dropIslands({logits, count, width, height}, titles) {
  const area = width * height, least = leastShares(titles).map((share) => share * area);
  for (let round = 0; round < 3; round++) { // what takes the place may be an island itself
    const labels = winners(logits, count, area), {number, areas} = regions(labels, width, height);
    const largest = new Array(count).fill(0), all = new Array(count).fill(0);
    for (let i = 0; i < area; i++) {
      largest[labels[i]] = Math.max(largest[labels[i]], areas[number[i]]);
      all[labels[i]] += 1;
    }
    if (round === 0 && titles.includes('eyeglasses') && titles.includes('skin')) {
      const glasses = titles.indexOf('eyeglasses');
      least[glasses] = Math.max(least[glasses], OF_SKIN * all[titles.indexOf('skin')]);
    }
    const limits = titles.map((title, label) => {
      if (all[label] < least[label]) return Infinity;
      if (SMALL_PARTS.has(title)) return Math.min(SHARE * area, OF_LARGEST_SMALL * largest[label]);
      return LARGE_PARTS.has(title) ? Math.max(SHARE * area, OF_LARGEST * largest[label]) : SHARE * area;
    });
    for (let i = 0; i < area; i++) {
      const label = labels[i];
      if (areas[number[i]] >= limits[label]) continue;
      let lowest = Infinity;
      for (let other = 0; other < count; other++) lowest = Math.min(lowest, logits[other * area + i]);
      logits[label * area + i] = lowest - 1;
    }
  }
}

// What share of the picture of a face all pieces of a class have together if it is there.
export function leastShares(titles) {
  return titles.map((title) => (SMALL_PARTS.has(title) ? LEAST_OF_SMALL : WORN.has(title) ? LEAST_OF_WORN : SHARE));
}

function winners(logits, count, area) {
  const labels = new Uint8Array(area), best = logits.slice(0, area);
  for (let label = 1; label < count; label++) {
    for (let i = 0; i < area; i++) {
      if (logits[label * area + i] <= best[i]) continue;
      best[i] = logits[label * area + i];
      labels[i] = label;
    }
  }
  return labels;
}
