// Pictures of parsed photos, pixel by pixel. Nothing here knows the page.

const LARGEST = 16e6; // pixels of a canvas, which some browsers limit

export function sizeOf(answer) {
  const scale = Math.min(1, Math.sqrt(LARGEST / (answer.width * answer.height)));
  return [Math.max(1, Math.round(answer.width * scale)), Math.max(1, Math.round(answer.height * scale))];
}

// RGBA pixels of a picture at this size; ids are not smoothed.
export async function pixelsOf(source, [width, height], smooth = true) {
  const blob = typeof source === 'string' ? await (await fetch(source)).blob() : source;
  const bitmap = await createImageBitmap(blob, smooth ? {} : {colorSpaceConversion: 'none'});
  const context = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true});
  context.imageSmoothingEnabled = smooth;
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height).data;
}

// The red channel alone: ids of a label map, or values of a matte.
export async function greyOf(source, size, smooth) {
  const pixels = await pixelsOf(source, size, smooth);
  const grey = new Uint8Array(pixels.length / 4);
  for (let i = 0; i < grey.length; i++) grey[i] = pixels[4 * i];
  return grey;
}

const lightness = (r, g, b) => 0.299 * r + 0.587 * g + 0.114 * b;

// Give the pixels under a matte (0 to 255) another colour, with their own light and shadow.
export function recolour(pixels, matte, [r, g, b], strength) {
  let sum = 0, weight = 1e-6;
  for (let i = 0; i < matte.length; i++) {
    if (!matte[i]) continue;
    sum += matte[i] * lightness(pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2]);
    weight += matte[i];
  }
  const floor = 40; // so that noise of dark hair does not become as strong as the light on it
  const mean = sum / weight + floor;
  for (let i = 0; i < matte.length; i++) {
    if (!matte[i]) continue;
    const at = 4 * i, share = strength * matte[i] / 255;
    const light = (lightness(pixels[at], pixels[at + 1], pixels[at + 2]) + floor) / mean;
    pixels[at] += share * (Math.min(255, r * light) - pixels[at]);
    pixels[at + 1] += share * (Math.min(255, g * light) - pixels[at + 1]);
    pixels[at + 2] += share * (Math.min(255, b * light) - pixels[at + 2]);
  }
}

// Put the colours of the shown classes over a copy of the photo; `pointed` is shown stronger.
export function colourParts(pixels, labels, classes, shown, opacity, pointed) {
  const result = new Uint8ClampedArray(pixels);
  const shares = new Float32Array(256), colours = new Uint8Array(3 * 256);
  for (const {id, title, colour} of classes) {
    shares[id] = !shown(title) ? 0 : title === pointed ? Math.min(1, opacity + 0.3) : opacity;
    colours.set(colour, 3 * id);
  }
  for (let i = 0; i < labels.length; i++) {
    const share = shares[labels[i]];
    if (!share) continue;
    const at = 4 * i, from = 3 * labels[i];
    for (let c = 0; c < 3; c++) result[at + c] += share * (colours[from + c] - result[at + c]);
  }
  return result;
}
