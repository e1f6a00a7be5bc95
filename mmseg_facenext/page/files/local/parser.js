// A photo to the label of each of its pixels, in the steps of mmseg_facenext/inference/shown_photo.py.

import {findFaces} from './detection/detector.js';
import {mixed, turned, turnedPlane} from './pixels/pictures.js';
import {leastShares} from './results/islands.js';
import {pasted, View} from './results/views.js';

const WIDE = 2; // side of the square that shows what lies around a face, as a multiple of that around the face

// `network`: an entry of models.json with `logits(picture)`, a promise of {logits, count, width, height}; `look`: see
// `findFaces`.
export async function parsed(photo, network, look) {
  const logits = (picture) => network.logits(mixed(picture, ...network.size));
  const faces = network.finds_faces ? await findFaces(photo, look) : null;
  const squares = (faces ?? []).map(({square}) => square.scaled(...network.cut));
  const turns = !faces ? 0 : squares.length === 1 ? squares[0].portraitTurns(photo) : null;
  if (turns !== null) { // it is cut around its only face already
    const answer = turnedAnswer(await logits(turned(photo, turns)), -turns), view = new View(answer, null, photo);
    return {faces, views: [view], labels: view.canvas.labels(view.region), source: null};
  }
  const views = [];
  for (const square of squares) {
    const wide = square.scaled(WIDE), near = await logits(square.cut(photo));
    views.push(new View(near, square, photo, new View(await logits(wide.cut(photo)), wide, photo)));
  }
  const least = network.drops_islands ? leastShares(network.classes.map(({title}) => title)) : [];
  return {faces, views, ...pasted(views, photo, network.background, least)};
}

function turnedAnswer({logits, count, width, height}, turns) {
  if (turns % 4 === 0) return {logits, count, width, height};
  const area = width * height, result = new Float32Array(logits.length);
  for (let label = 0; label < count; label++) {
    const plane = logits.subarray(label * area, (label + 1) * area);
    result.set(turnedPlane(plane, width, height, turns), label * area);
  }
  return turns % 2 ? {logits: result, count, width: height, height: width} : {logits: result, count, width, height};
}
