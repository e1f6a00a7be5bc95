// Parts as polygons in COCO's format, as mmseg_facenext/inference/results/outlines.py has them: along the edges of
// pixels, and as uncompressed run lengths where a part has holes.

// `numbers`: of the face that each pixel is a part of, 0 for none; `classes`: {id, name} in the order of ids.
export function coco(labels, numbers, width, height, classes, background, fileName) {
  const annotations = [];
  for (const {face, label, box} of boxes(labels, numbers, width)) {
    const [left, top, right, bottom] = box, wide = right - left, high = bottom - top;
    const mask = new Uint8Array(wide * high);
    let area = 0;
    for (let y = 0, i = 0; y < high; y++) {
      for (let x = 0; x < wide; x++, i++) {
        const at = (top + y) * width + left + x;
        if (numbers[at] === face && labels[at] === label) area += mask[i] = 1;
      }
    }
    const polygons = outlines(mask, wide, high, left, top);
    annotations.push({
      id: annotations.length + 1, image_id: 1, category_id: label, face, bbox: [left, top, wide, high], area,
      iscrowd: polygons ? 0 : 1,
      segmentation: polygons ?? {size: [height, width], counts: runLengths(mask, wide, high, left, top, width, height)},
    });
  }
  return {
    images: [{id: 1, file_name: fileName, width, height}],
    categories: classes.filter(({id}) => id !== background).map(({id, name}) => ({id, name, supercategory: 'face'})),
    annotations,
  };
}

// Of each class of each face: left, top, right, bottom.
function boxes(labels, numbers, width) {
  const found = new Map();
  for (let at = 0; at < labels.length; at++) {
    if (!numbers[at]) continue;
    const key = 256 * numbers[at] + labels[at], x = at % width, y = (at - x) / width;
    if (!found.has(key)) found.set(key, {face: numbers[at], label: labels[at], box: [x, y, x + 1, y + 1]});
    const {box} = found.get(key);
    if (x < box[0]) box[0] = x;
    if (x >= box[2]) box[2] = x + 1;
    if (y >= box[3]) box[3] = y + 1;
  }
  return [...found.keys()].sort((one, other) => one - other).map((key) => found.get(key));
}

// Polygons [x, y, x, y, ...] around the pixels of a mask, clockwise; null if one of them is the edge of a hole.
function outlines(mask, width, height, left, top) {
  const isIn = (x, y) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] === 1;
  // Edges with the mask at their right: does one lead from this corner to the east, south, west, north?
  const leads = [
    (x, y) => isIn(x, y) && !isIn(x, y - 1), (x, y) => isIn(x - 1, y) && !isIn(x, y),
    (x, y) => isIn(x - 1, y - 1) && !isIn(x - 1, y), (x, y) => isIn(x, y - 1) && !isIn(x - 1, y - 1),
  ];
  const seen = new Uint8Array(width * height), polygons = []; // pixels whose upper edge is in a polygon
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (seen[y * width + x] || !leads[0](x, y)) continue;
      const polygon = [];
      let [u, v] = [x, y], direction = 0, twice = 0; // the area, with its sign
      do {
        polygon.push(left + u, top + v);
        const [from, above] = [u, v];
        do { // straight on, as long as nothing turns off to the right, which keeps to the same pixels
          if (direction === 0) seen[v * width + u] = 1;
          u += [1, 0, -1, 0][direction];
          v += [0, 1, 0, -1][direction];
        } while (!leads[(direction + 1) % 4](u, v) && leads[direction](u, v));
        twice += from * v - u * above;
        direction = [1, 3].map((turn) => (direction + turn) % 4).find((next) => leads[next](u, v));
      } while (u !== x || v !== y || direction !== 0);
      if (twice < 0) return null;
      polygons.push(polygon);
    }
  }
  return polygons;
}

// Lengths of runs down the columns of the whole photo, zeros first.
function runLengths(mask, wide, high, left, top, width, height) {
  const counts = [0];
  let last = 0;
  const add = (value, times) => {
    if (value === last) counts[counts.length - 1] += times;
    else counts.push(times);
    last = value;
  };
  if (left) add(0, left * height);
  for (let x = 0; x < wide; x++) {
    if (top) add(0, top);
    for (let y = 0; y < high; y++) add(mask[y * wide + x], 1);
    if (top + high < height) add(0, height - top - high);
  }
  if (left + wide < width) add(0, (width - left - wide) * height);
  return counts;
}
