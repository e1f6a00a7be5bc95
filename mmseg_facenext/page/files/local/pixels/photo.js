// From the file of a photo to its pixels, in a worker.

const STRIP = 2 ** 20; // pixels that are read at once: some browsers limit the size of a canvas

// RGB picture, upright, its colours as they stand in the file.
export async function decoded(file) {
  const bitmap = await createImageBitmap(file, {colorSpaceConversion: 'none'});
  const {width, height} = bitmap, pixels = new Uint8Array(3 * width * height);
  const high = Math.min(height, Math.max(1, Math.floor(STRIP / width)));
  const context = new OffscreenCanvas(width, high).getContext('2d', {willReadFrequently: true, alpha: false});
  for (let top = 0, to = 0; top < height; top += high) {
    context.drawImage(bitmap, 0, -top);
    const {data} = context.getImageData(0, 0, width, Math.min(high, height - top));
    for (let from = 0; from < data.length; from += 4) {
      pixels[to++] = data[from];
      pixels[to++] = data[from + 1];
      pixels[to++] = data[from + 2];
    }
  }
  bitmap.close();
  return {width, height, pixels};
}
