// Give up small islands of a class, as mmseg_facenext/inference/results/islands.py does.

import {regions} from '../pixels/regions.js';

const SHARE = 1 / 2000; // of the picture: pieces of a class that are smaller are islands
const OF_LARGEST = 1 / 8; // of the largest piece of the class: what small parts must stay below, too
const SMALL_PARTS = new Set([
  'nose', 'left eye', 'right eye', 'left brow', 'right brow', 'left ear', 'right ear',
  'mouth', 'upper lip', 'lower lip', 'earring',
]);

// Change the logits so that the class of each island is the least likely one: the next best takes its place.
export function dropIslands({logits, count, width, height}, titles) {
  const area = width * height;
  for (let round = 0; round < 3; round++) { // what takes the place may be an island itself
    const labels = winners(logits, count, area), {number, areas} = regions(labels, width, height);
    const largest = new Array(count).fill(0);
    for (let i = 0; i < area; i++) largest[labels[i]] = Math.max(largest[labels[i]], areas[number[i]]);
    for (let i = 0; i < area; i++) {
      const label = labels[i];
      const limit = SMALL_PARTS.has(titles[label]) ? Math.min(SHARE * area, OF_LARGEST * largest[label]) : SHARE * area;
      if (areas[number[i]] >= limit) continue;
      let least = Infinity;
      for (let other = 0; other < count; other++) least = Math.min(least, logits[other * area + i]);
      logits[label * area + i] = least - 1;
    }
  }
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
