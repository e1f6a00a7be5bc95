// What the network says of a picture, and how the answers for several faces become one label map, as
// mmseg_facenext/inference/results/view.py has it.

import {apply, inverse, joined, moved, stretched} from '../pixels/affine.js';
import {Canvas} from './canvas.js';
import {regions} from '../pixels/regions.js';
import {enlarged, warpedPlane} from '../pixels/planes.js';

const FADE = 0.15; // of the side of a square: where the view around it takes over
const BEHIND = 1000; // more than any distance within a square

export class View {
  // `answer`: {logits, count, width, height}; `square`: what the picture shows, null for the whole photo; `around`: the
  // view of a larger square, whose logits take over towards the border of this one.
  constructor(answer, square, photo, around = null) {
    const size = [answer.width, answer.height];
    const matrix = square
      ? stretched(inverse(square.matrix(1)), size)
      : [size[0] / photo.width, 0, 0, 0, size[1] / photo.height, 0];
    Object.assign(this, {answer, square, photo, around, matrix});
  }

  get region() {
    const {photo} = this, outer = this.around?.square ?? this.square;
    return outer ? outer.region(photo) : {left: 0, top: 0, right: photo.width, bottom: photo.height};
  }

  // The logits of the picture, and of what lies around it, at the resolution of the picture.
  get canvas() {
    if (!this.around) return new Canvas(this.answer, this.matrix);
    const {width, height, count} = this.answer, near = this.answer.logits, far = this.around.answer;
    // From the picture to the larger one, which is enlarged until a pixel is as large as one of the picture.
    let onto = joined(this.around.matrix, inverse(this.matrix));
    const scale = Math.hypot(onto[0], onto[3]);
    const size = [Math.round(far.width / scale), Math.round(far.height / scale)];
    const ratio = [size[0] / far.width, size[1] / far.height];
    onto = stretched(onto, ratio);
    const [left, top] = apply(onto, [0, 0]).map(Math.floor);
    const [right, bottom] = apply(onto, [width, height]).map(Math.ceil);
    const back = inverse(moved(onto, [-left, -top])), part = [right - left, bottom - top];
    const share = warpedPlane(depth(width, height), width, height, back, ...part, true);
    const logits = new Float32Array(count * size[0] * size[1]);
    for (let label = 0; label < count; label++) {
      const own = near.subarray(label * width * height, (label + 1) * width * height);
      const others = far.logits.subarray(label * far.width * far.height, (label + 1) * far.width * far.height);
      const plane = enlarged(others, far.width, far.height, ...size);
      const middle = warpedPlane(own, width, height, back, ...part);
      for (let y = 0, from = 0; y < part[1]; y++) {
        for (let x = 0; x < part[0]; x++, from++) {
          const to = (top + y) * size[0] + left + x;
          plane[to] += share[from] * (middle[from] - plane[to]);
        }
      }
      logits.set(plane, label * plane.length);
    }
    return new Canvas({logits, count, width: size[0], height: size[1]}, stretched(this.around.matrix, ratio));
  }
}

// 1 in the middle of a picture, falling to 0 at its border.
function depth(width, height) {
  const ramp = (at, size) => Math.min(Math.min(at + 0.5, size - at - 0.5) / size / FADE, 1);
  return Float32Array.from({length: width * height}, (_, i) => (
    Math.min(ramp(i % width, width), ramp(Math.floor(i / width), height))
  ));
}

// The labels of a photo, and which view each comes from, counted from 1; 0 is none.
//
// A pixel belongs to the view that labels it other than background; of several to the one whose centre is nearest in
// units of its side. What a view labels around its own square counts only where it is connected with what lies inside.
// `least`: share of a square for each class; one of which a view has less gives way to the next best one.
export function pasted(views, {width, height}, background, least = []) {
  const labels = new Uint8Array(width * height).fill(background), source = new Uint16Array(width * height);
  const nearest = views.length > 1 ? new Float32Array(width * height).fill(Infinity) : null;
  for (const [place, view] of views.entries()) {
    const {left, top, right, bottom} = view.region, wide = right - left;
    const own = labelsOf(view, least), shows = (view.around ?? view).square.holding();
    const isPart = (i, x, y) => own[i] !== background && shows(x + left + 0.5, y + top + 0.5);
    const belongs = view.around ? connected(wide, bottom - top, isPart, view) : null;
    for (let y = top, i = 0; y < bottom; y++) {
      for (let x = left; x < right; x++, i++) {
        if (!shows(x + 0.5, y + 0.5) || (belongs && own[i] !== background && !belongs[i])) continue;
        const at = y * width + x;
        if (nearest) {
          const distance = view.square.distance(x + 0.5, y + 0.5) + (own[i] === background ? BEHIND : 0);
          if (distance >= nearest[at]) continue;
          nearest[at] = distance;
        }
        labels[at] = own[i];
        source[at] = place + 1;
      }
    }
  }
  return {labels, source};
}

// Without the classes that have too few pixels: where the logits of two pictures are mixed, a third class can win.
function labelsOf({canvas, region, square}, least) {
  const labels = canvas.labels(region), counts = new Array(canvas.count).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]] += 1;
  const few = [...counts.keys()].filter((label) => counts[label] && counts[label] < least[label] * square.side ** 2);
  if (!few.length) return labels;
  const others = canvas.labels(region, few);
  return labels.map((label, i) => (few.includes(label) ? others[i] : label));
}

// 1 for the parts that reach into the square of a view.
function connected(width, height, isPart, {square, region}) {
  const near = square.holding(), mask = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++, i++) mask[i] = isPart(i, x, y) ? 1 : 0;
  const {number, count} = regions(mask, width, height), kept = new Uint8Array(count);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] && near(x + region.left + 0.5, y + region.top + 0.5)) kept[number[i]] = 1;
    }
  }
  return mask.map((each, i) => each & kept[number[i]]);
}
