// Parses photos beside the page, so that it stays quick: {number, file, model, detector, mattes} in, the last three of
// models.json; {number, answer} or {number, reason} out.

import {answerOf} from './results/answer.js';
import {lookWith, networkOf} from './networks.js';
import {parsed} from './parser.js';
import {decoded} from './pixels/photo.js';

async function parse({file, model, detector, mattes}) {
  const photo = await decoded(file), look = lookWith(detector.file, detector.outputs);
  return answerOf(model, mattes, photo, await parsed(photo, networkOf(model), look));
}

let last = Promise.resolve(); // one photo after the other: two would need twice the memory
addEventListener('message', ({data}) => {
  const {number} = data;
  last = last.then(() => parse(data)).then(
    (answer) => postMessage({number, answer}),
    (error) => postMessage({number, reason: String(error?.message ?? error)}),
  );
});
