// ONNX Runtime's networks, in one thread: pages need no special headers for it.

import * as ort from '../../runtime/ort.wasm.bundle.min.mjs';
import {faces, input} from './detection/centerface.js';
import {dropIslands} from './results/islands.js';

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = {wasm: new URL('../../runtime/ort-wasm-simd-threaded.wasm', import.meta.url).href};

const sessions = new Map(); // by file

function session(file) {
  if (!sessions.has(file)) {
    const opened = open(file);
    opened.catch(() => sessions.delete(file)); // the next photo tries again
    sessions.set(file, opened);
  }
  return sessions.get(file);
}

async function open(file) {
  const answer = await fetch(new URL(`../../${file}`, import.meta.url));
  if (!answer.ok) throw new Error(`${file} is missing (${answer.status}); write the folder again: facenext page`);
  return ort.InferenceSession.create(await answer.arrayBuffer(), {executionProviders: ['wasm']});
}

// Of an entry of models.json, what `parsed` takes.
export const networkOf = (model) => ({...model, logits: async ({width, height, pixels}) => {
  const photos = new ort.Tensor('uint8', pixels, [1, height, width, 3]);
  const {logits} = await (await session(model.file)).run({photos});
  const [, count, high, wide] = logits.dims, answer = {logits: logits.data, count, width: wide, height: high};
  if (model.drops_islands) dropIslands(answer, model.classes.map(({title}) => title));
  return answer;
}});

// Of the file of CenterFace, what `findFaces` takes.
export const lookWith = (file, [heat, size, offset, points]) => async (picture, least) => {
  const opened = await session(file), {planes, shape} = input(picture);
  const out = await opened.run({[opened.inputNames[0]]: new ort.Tensor('float32', planes, shape)});
  const maps = {heat: out[heat].data, size: out[size].data, offset: out[offset].data, points: out[points].data};
  return faces(maps, out[heat].dims.slice(2), least);
};
