// The network of CenterFace, as mmseg_facenext/inference/detection/centerface_network.py and five_points.py have it.

const STRIDE = 4, MULTIPLE = 32;
const SAME_FACE = 0.3; // boxes that overlap by more (intersection over union) are one face

// Mean places of eyes, nose and corners of the mouth in a crop of 112 pixels, as ArcFace's training aligns faces.
const ALIGNED = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]];

// RGB bytes as float32 (3, height, width), black up to multiples of what the network takes.
export function input({width, height, pixels}) {
  const wide = Math.ceil(width / MULTIPLE) * MULTIPLE, high = Math.ceil(height / MULTIPLE) * MULTIPLE;
  const planes = new Float32Array(3 * wide * high);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      const to = (c * high + y) * wide, from = 3 * y * width + c;
      for (let x = 0; x < width; x++) planes[to + x] = pixels[from + 3 * x];
    }
  }
  return {planes, shape: [1, 3, high, wide]};
}

// Heat map (h, w), size (2, h, w), offset (2, h, w) and points (10, h, w), y before x -> [{score, box, points}], the
// best first, in pixels of the picture.
export function faces({heat, size, offset, points}, [high, wide], least) {
  const found = [], area = high * wide;
  for (let row = 0; row < high; row++) {
    for (let column = 0; column < wide; column++) {
      const at = row * wide + column;
      if (heat[at] < least || !isPeak(heat, row, column, high, wide)) continue;
      const extent = [Math.exp(size[area + at]) * STRIDE, Math.exp(size[at]) * STRIDE];
      const left = (column + offset[area + at] + 0.5) * STRIDE - extent[0] / 2;
      const top = (row + offset[at] + 0.5) * STRIDE - extent[1] / 2;
      found.push({
        score: heat[at],
        box: [left, top, left + extent[0], top + extent[1]],
        points: ALIGNED.map((_, i) => [
          points[(2 * i + 1) * area + at] * extent[0] + left, points[2 * i * area + at] * extent[1] + top,
        ]),
      });
    }
  }
  return distinct(found.sort((one, other) => other.score - one.score));
}

function isPeak(heat, row, column, high, wide) {
  for (let y = Math.max(0, row - 1); y <= Math.min(high - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(wide - 1, column + 1); x++) {
      if (heat[y * wide + x] > heat[row * wide + column]) return false;
    }
  }
  return true;
}

// Of faces, the best first, those that no better one covers.
export function distinct(found) {
  const kept = [];
  for (const each of found) if (kept.every((other) => overlap(each.box, other.box) <= SAME_FACE)) kept.push(each);
  return kept;
}

function overlap(one, other) {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  const shared = Math.max(0, width) * Math.max(0, height);
  const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
  return shared / (area(one) + area(other) - shared + 1e-9);
}

// How far from a face the points are, whatever its place, size and angle; 0 is the mean face.
export function misfit(points) {
  const given = centred(points), face = centred(ALIGNED);
  let real = 0, imaginary = 0, norm = 0;
  given.forEach(([x, y], i) => { // the best similarity, by complex numbers
    const [u, v] = face[i];
    real += x * u + y * v;
    imaginary += y * u - x * v;
    norm += u * u + v * v;
  });
  [real, imaginary] = [real / norm, imaginary / norm];
  let left = 0, extent = 0;
  given.forEach(([x, y], i) => {
    const [u, v] = face[i];
    left += (x - real * u + imaginary * v) ** 2 + (y - real * v - imaginary * u) ** 2;
    extent += x * x + y * y;
  });
  return Math.sqrt(left / given.length) / Math.max(Math.sqrt(extent / given.length), 1e-9);
}

function centred(points) {
  const mean = [0, 1].map((c) => points.reduce((sum, point) => sum + point[c], 0) / points.length);
  return points.map(([x, y]) => [x - mean[0], y - mean[1]]);
}
