// Pictures {width, height, pixels}, RGB bytes row by row, resized and turned as OpenCV does. A pixel is an area: its
// centre is at one half.

export const blank = (width, height) => ({width, height, pixels: new Uint8Array(3 * width * height)});

// For each of `target` pixels in a row, the two of `source` that it is mixed from, and the share of the second one.
export function mixtures(source, target) {
  const first = new Int32Array(target), second = new Int32Array(target), share = new Float32Array(target);
  for (let i = 0; i < target; i++) {
    const place = Math.max(0, (i + 0.5) * source / target - 0.5);
    first[i] = Math.min(Math.floor(place), source - 1);
    second[i] = Math.min(first[i] + 1, source - 1);
    share[i] = place - first[i];
  }
  return {first, second, share};
}

const BITS = 2048; // of a share in OpenCV, whose rounding matters: a detector's answer may hang on it

// Bilinear, whole numbers as in OpenCV.
export function mixed({width, height, pixels}, newWidth, newHeight) {
  const result = blank(newWidth, newHeight), columns = mixtures(width, newWidth), rows = mixtures(height, newHeight);
  const row = (y) => { // of the picture, at the new width
    const values = new Int32Array(3 * newWidth);
    for (let x = 0, to = 0; x < newWidth; x++) {
      const left = 3 * (y * width + columns.first[x]), right = 3 * (y * width + columns.second[x]);
      const share = Math.round(BITS * columns.share[x]), rest = Math.round(BITS * (1 - columns.share[x]));
      for (let c = 0; c < 3; c++, to++) values[to] = (rest * pixels[left + c] + share * pixels[right + c]) >> 4;
    }
    return values;
  };
  let upper = null, lower = null, known = -1; // the two rows that are mixed
  for (let y = 0, to = 0; y < newHeight; y++) {
    if (rows.first[y] !== known) {
      upper = rows.first[y] === known + 1 && lower ? lower : row(rows.first[y]);
      lower = row(rows.second[y]);
      known = rows.first[y];
    }
    const share = Math.round(BITS * rows.share[y]), rest = Math.round(BITS * (1 - rows.share[y]));
    for (let i = 0; i < upper.length; i++) {
      result.pixels[to++] = (((rest * upper[i]) >> 16) + ((share * lower[i]) >> 16) + 2) >> 2;
    }
  }
  return result;
}

// The mean of the pixels that become one, for making smaller.
export function reduced({width, height, pixels}, newWidth, newHeight) {
  const result = blank(newWidth, newHeight), columns = shares(width, newWidth), rows = shares(height, newHeight);
  const row = new Float32Array(3 * width); // the rows that become one
  for (let y = 0, to = 0; y < newHeight; y++) {
    row.fill(0);
    for (let j = rows.start[y]; j < rows.start[y + 1]; j++) {
      const from = 3 * width * rows.index[j], share = rows.share[j];
      for (let i = 0; i < row.length; i++) row[i] += share * pixels[from + i];
    }
    for (let x = 0; x < newWidth; x++) {
      let r = 0.5, g = 0.5, b = 0.5;
      for (let j = columns.start[x]; j < columns.start[x + 1]; j++) {
        const from = 3 * columns.index[j], share = columns.share[j];
        r += share * row[from];
        g += share * row[from + 1];
        b += share * row[from + 2];
      }
      result.pixels[to++] = r;
      result.pixels[to++] = g;
      result.pixels[to++] = b;
    }
  }
  return result;
}

// For each of `target` pixels the entries from start[i] to start[i + 1]: pixels of `source` and their shares.
function shares(source, target) {
  const scale = source / target, start = [], index = [], share = [];
  for (let i = 0; i < target; i++) {
    start.push(index.length);
    const low = i * scale, high = Math.min((i + 1) * scale, source);
    for (let j = Math.floor(low); j < high; j++) {
      const part = Math.min(j + 1, high) - Math.max(j, low);
      if (part < 1e-6) continue;
      index.push(j);
      share.push(part / (high - low));
    }
  }
  start.push(index.length);
  return {start, index, share};
}

// d c b a | a b c d | d c b a
export function reflected(place, size) {
  const around = ((place % (2 * size)) + 2 * size) % (2 * size);
  return around < size ? around : 2 * size - 1 - around;
}

// Bilinear; `matrix` leads from coordinates in the result to those in the picture. What lies outside the picture is
// its reflection, or black.
export function warped({width, height, pixels}, matrix, newWidth, newHeight, outside = 'reflection') {
  const result = blank(newWidth, newHeight), [a, b, c, d, e, f] = matrix;
  const source = new Uint8Array(pixels.length + 3); // the last pixel is black
  source.set(pixels);
  const at = (x, y) => {
    if (x >= 0 && y >= 0 && x < width && y < height) return 3 * (y * width + x);
    return outside === 'black' ? pixels.length : 3 * (reflected(y, height) * width + reflected(x, width));
  };
  for (let row = 0, to = 0; row < newHeight; row++) {
    for (let column = 0; column < newWidth; column++) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c - 0.5, y = d * (column + 0.5) + e * (row + 0.5) + f - 0.5;
      const left = Math.floor(x), top = Math.floor(y), across = x - left, down = y - top;
      const one = at(left, top), two = at(left + 1, top), three = at(left, top + 1), four = at(left + 1, top + 1);
      for (let channel = 0; channel < 3; channel++, to++) {
        const above = source[one + channel] * (1 - across) + source[two + channel] * across;
        const below = source[three + channel] * (1 - across) + source[four + channel] * across;
        result.pixels[to] = above * (1 - down) + below * down + 0.5;
      }
    }
  }
  return result;
}

export function part({width, pixels}, {left, top, right, bottom}) {
  const result = blank(right - left, bottom - top);
  for (let y = top; y < bottom; y++) {
    const from = 3 * (y * width + left);
    result.pixels.set(pixels.subarray(from, from + 3 * result.width), 3 * (y - top) * result.width);
  }
  return result;
}

export function mirrored({width, height, pixels}) {
  const result = blank(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x), to = 3 * (y * width + width - 1 - x);
      for (let c = 0; c < 3; c++) result.pixels[to + c] = pixels[from + c];
    }
  }
  return result;
}

// By so many quarter turns, anticlockwise.
export function turned(picture, turns) {
  const {width, height} = picture;
  const channels = [0, 1, 2].map((c) => turnedPlane(picture.pixels, width, height, turns, 3, c));
  const result = turns % 2 ? blank(height, width) : blank(width, height);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) result.pixels[3 * i + c] = channels[c][i];
  return result;
}

// The same for one of several values of each pixel.
export function turnedPlane(values, width, height, turns, step = 1, offset = 0) {
  const result = new values.constructor(width * height), quarter = ((turns % 4) + 4) % 4;
  const newWidth = quarter % 2 ? height : width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [[x, y], [y, width - 1 - x], [width - 1 - x, height - 1 - y], [height - 1 - y, x]][quarter];
      result[row * newWidth + column] = values[step * (y * width + x) + offset];
    }
  }
  return result;
}
