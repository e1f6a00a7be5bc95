// Parses photos beside the page, so that it stays quick: {number, model, file} in, {number, answer} or {number, reason}
// out.

import {answerOf} from './answer.js';
import {lookWith, networkOf} from './networks.js';
import {parsed} from './parser.js';
import {decoded} from './photo.js';

const settings = fetch(new URL('../../models.json', import.meta.url)).then((answer) => answer.json());

async function parse(name, file) {
  const {models, detector, mattes} = await settings, model = models.find((each) => each.name === name);
  const photo = await decoded(file), look = lookWith(detector.file, detector.outputs);
  return answerOf(model, mattes, photo, await parsed(photo, networkOf(model), look));
}

let last = Promise.resolve(); // one photo after the other: two would need twice the memory
addEventListener('message', ({data: {number, model, file}}) => {
  last = last.then(() => parse(model, file)).then(
    (answer) => postMessage({number, answer}),
    (error) => postMessage({number, reason: String(error?.message ?? error)}),
  );
});
