// What `POST /parse` of `facenext serve` answers, of a photo that was parsed here.

import {mattes} from './mattes.js';
import {coco} from './outlines.js';
import {dataUrl} from '../pixels/png.js';

const TOLD = 5; // parts in a line

// `model`: an entry of models.json; `parts`: title of a matte to the titles of its classes.
export async function answerOf(model, parts, photo, {faces, views, labels, source}) {
  const {width, height} = photo, counts = new Array(256).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  const classes = model.classes.map((each, id) => ({id, ...each, share: counts[id] / labels.length}));
  const present = Object.entries(parts)
    .map(([part, titles]) => [part, classes.filter(({title}) => titles.includes(title))])
    .filter(([, members]) => members.some(({share}) => share > 0));
  const groups = present.map(([, members]) => members.map(({id}) => id));
  const soft = mattes(photo, views, source, groups, model.background), shown = {};
  for (const [i, [part]] of present.entries()) shown[part] = await dataUrl(soft[i], width, height);
  const numbers = new Uint16Array(labels.length); // of the face that a pixel is a part of
  for (let i = 0; i < labels.length; i++) if (labels[i] !== model.background) numbers[i] = source ? source[i] : 1;
  return {
    model: model.name, width, height, summary: summary(faces, classes), classes,
    faces: faces && faces.map(({box, points, score, square}, i) => ({
      number: i + 1, box: box.map(rounded), points: points.map((point) => point.map(rounded)), score,
      angle: rounded(square.angle),
    })),
    labels: await dataUrl(labels, width, height), mattes: shown,
    coco: coco(labels, numbers, width, height, classes, model.background, ''),
  };
}

const rounded = (value) => Math.round(10 * value) / 10;

function summary(faces, classes) {
  if (faces && !faces.length) return 'no face found';
  const parts = classes.filter(({title, share}) => share && title !== 'background')
    .sort((one, other) => other.share - one.share)
    .map(({title, share}) => `${title} ${share < 0.0005 ? '< 0.1' : (100 * share).toFixed(1)}%`);
  const more = parts.length - TOLD;
  const told = `${parts.slice(0, TOLD).join(', ')}${more > 0 ? ` and ${more} smaller parts` : ''}` || 'background only';
  return faces ? `${faces.length} ${faces.length === 1 ? 'face' : 'faces'}: ${told}` : told;
}
