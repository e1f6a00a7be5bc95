// Grey PNG files.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const GREY = [8, 0, 0, 0, 0]; // bits, colour type, compression, filter, interlacing

const CRC = Uint32Array.from({length: 256}, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

// Bytes (height, width) as `data:` address of a file.
export async function dataUrl(values, width, height) {
  const rows = new Uint8Array((width + 1) * height); // each begins with its filter, none
  for (let y = 0; y < height; y++) rows.set(values.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const deflated = new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate'));
  const packed = await new Response(deflated).arrayBuffer();
  const parts = [
    Uint8Array.from(SIGNATURE),
    ...chunk('IHDR', Uint8Array.from([...number(width), ...number(height), ...GREY])),
    ...chunk('IDAT', new Uint8Array(packed)),
    ...chunk('IEND', new Uint8Array()),
  ];
  return new FileReaderSync().readAsDataURL(new Blob(parts, {type: 'image/png'}));
}

function chunk(name, content) {
  const type = Uint8Array.from(name, (letter) => letter.charCodeAt(0));
  let sum = 0xffffffff;
  for (const bytes of [type, content]) {
    for (let i = 0; i < bytes.length; i++) sum = CRC[(sum ^ bytes[i]) & 255] ^ (sum >>> 8);
  }
  return [number(content.length), type, content, number(~sum >>> 0)];
}

const number = (value) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
