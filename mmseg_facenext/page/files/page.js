import {colourParts, greyOf, pixelsOf, recolour, sizeOf} from './drawing.js';

const {about, ask} = await import(`./${document.body.dataset.asks}.js`); // server.js or browser.js

const find = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const NONE = '';

let offer = {models: [], max_bytes: Infinity};
let file = null;       // the photo, as it was given
let views = [];        // one for each model: {answer, size, photo, base, labels, mattes, canvas}
let hidden = new Set(['background']);
let pointed = null;    // title of the part under the pointer
let attempt = 0;       // of `parse`; answers to earlier ones are left out

function say(text, kind = '') {
  find('#message').textContent = text;
  find('#message').className = kind;
}

// ---- asking

async function look(model) {
  let answer = await ask(model, file, say);
  const size = sizeOf(answer);
  let photo;
  try {
    photo = await pixelsOf(file, size);
  } catch { // a format that this browser does not show, such as TIFF or HEIC
    answer = await ask(model, file, say, true);
    photo = await pixelsOf(answer.photo, size);
    delete answer.photo;
  }
  const mattes = {};
  for (const [part, source] of Object.entries(answer.mattes)) mattes[part] = await greyOf(source, size, true);
  return {answer, size, photo, base: photo, mattes, labels: await greyOf(answer.labels, size, false)};
}

async function parse(given) {
  if (given) file = given;
  if (!file || !offer.models.length) return;
  const own = ++attempt;
  if (file.size > offer.max_bytes) {
    say(`The file is larger than ${offer.max_bytes / 1e6} MB; choose a smaller photo.`, 'error');
    return;
  }
  say('Looking for faces', 'busy');
  try {
    const found = [];
    for (const model of chosenModels()) found.push(await look(model));
    if (own !== attempt) return;
    views = found;
    show();
  } catch (error) {
    if (own === attempt) say(sentence(error.message), 'error');
  }
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1) + '.';

function chosenModels() {
  const names = all('#choose-models select').map((select) => select.value).filter((name) => name !== NONE);
  return names.length ? [...new Set(names)] : [offer.models[0].name];
}

// ---- showing

function show() {
  find('#drop').hidden = true;
  find('#views').hidden = false;
  find('#views').replaceChildren(...views.map((view) => {
    view.canvas = document.createElement('canvas');
    const [width, height] = [view.canvas.width, view.canvas.height] = view.size;
    view.canvas.style.width = `min(100%, ${72 * width / height}vh, ${3 * width}px)`;
    const figure = document.createElement('figure'), caption = document.createElement('figcaption');
    const name = document.createElement('b');
    name.textContent = views.length > 1 ? `${view.answer.model}: ` : '';
    caption.append(name, view.answer.summary);
    figure.append(view.canvas, caption, downloads(view));
    view.canvas.addEventListener('pointermove', (event) => point(view, event));
    view.canvas.addEventListener('pointerleave', () => point(view, null));
    return figure;
  }));
  for (const row of all('.recolour')) {
    const missing = !views.some((view) => row.dataset.part in view.mattes);
    for (const input of row.querySelectorAll('input')) input.disabled = missing;
  }
  listParts();
  paint();
  const none = views.every((view) => view.answer.faces && !view.answer.faces.length);
  say(none ? 'No face was found in this photo.' : '');
}

function listParts() {
  const parts = new Map();
  for (const view of views) {
    for (const each of view.answer.classes) {
      const share = Math.max(each.share, parts.get(each.title)?.share ?? 0);
      if (share > 0) parts.set(each.title, {...each, share});
    }
  }
  find('#parts').replaceChildren(...[...parts.values()].map(({title, colour, share}) => {
    const item = document.createElement('li');
    item.dataset.title = title;
    const label = document.createElement('label'), box = document.createElement('input');
    box.type = 'checkbox';
    box.checked = !hidden.has(title);
    box.addEventListener('change', () => { hidden[box.checked ? 'delete' : 'add'](title); draw(); });
    const square = document.createElement('span'), name = document.createElement('span');
    const number = document.createElement('span');
    square.className = 'colour';
    square.style.background = `rgb(${colour.join()})`;
    name.textContent = title;
    number.className = 'share';
    number.textContent = share < 0.001 ? '<0.1%' : `${(100 * share).toFixed(1)}%`;
    label.append(box, square, name, number);
    label.addEventListener('pointerenter', () => highlight(title));
    label.addEventListener('pointerleave', () => highlight(null));
    item.append(label);
    return item;
  }));
}

let planned = false;
function draw() { // once for all changes before the next frame
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    for (const view of views) {
      const shown = (title) => !hidden.has(title);
      const pixels = colourParts(view.base, view.labels, view.answer.classes, shown, find('#opacity').value / 100, pointed);
      view.canvas.getContext('2d').putImageData(new ImageData(pixels, ...view.size), 0, 0);
    }
  });
}

function paint() {
  for (const view of views) {
    view.base = new Uint8ClampedArray(view.photo);
    for (const row of all('.recolour')) {
      const [box, colour, strength] = row.querySelectorAll('input');
      const matte = view.mattes[row.dataset.part];
      if (!box.checked || !matte) continue;
      const rgb = [1, 3, 5].map((at) => parseInt(colour.value.slice(at, at + 2), 16));
      recolour(view.base, matte, rgb, strength.value / 100);
    }
  }
  draw();
}

// ---- pointing

function highlight(title) {
  if (title === pointed) return;
  pointed = title;
  for (const item of all('#parts li')) item.classList.toggle('pointed', item.dataset.title === title);
  draw();
}

function point(view, event) {
  const tip = find('#tip');
  tip.hidden = !event;
  if (!event) return highlight(null);
  const box = view.canvas.getBoundingClientRect();
  const x = Math.floor((event.clientX - box.left) / box.width * view.size[0]);
  const y = Math.floor((event.clientY - box.top) / box.height * view.size[1]);
  const id = view.labels[y * view.size[0] + x];
  const part = view.answer.classes.find((each) => each.id === id);
  tip.hidden = !part;
  if (!part) return highlight(null);
  tip.textContent = part.title;
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - 130)}px`;
  tip.style.top = `${event.clientY + 14}px`;
  return highlight(part.title === 'background' ? null : part.title);
}

// ---- files out

function download(blob, ending) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${(file.name || 'photo').replace(/\.[^.]*$/, '')}${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// One click is one file: browsers ask before a page saves several.
function downloads(view) {
  const stem = views.length > 1 ? `_${view.answer.model}_faces` : '_faces';
  const buttons = {
    Picture: () => view.canvas.toBlob((blob) => download(blob, `${stem}.png`)),
    'Label map': async () => download(await (await fetch(view.answer.labels)).blob(), `${stem}_labels.png`),
    JSON: () => {
      const {labels, mattes, ...rest} = view.answer; // pictures have buttons of their own
      download(new Blob([JSON.stringify(rest)], {type: 'application/json'}), `${stem}.json`);
    },
  };
  const row = document.createElement('div');
  row.className = 'downloads';
  row.append(...Object.entries(buttons).map(([text, action]) => {
    const button = document.createElement('button');
    button.textContent = text;
    button.addEventListener('click', action);
    return button;
  }));
  return row;
}

// ---- photos in

find('#photo').addEventListener('change', (event) => {
  if (event.target.files.length) parse(event.target.files[0]);
  event.target.value = '';
});
addEventListener('dragover', (event) => { event.preventDefault(); document.body.classList.add('dragging'); });
addEventListener('dragleave', (event) => { if (!event.relatedTarget) document.body.classList.remove('dragging'); });
addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('dragging');
  if (event.dataTransfer.files.length) parse(event.dataTransfer.files[0]);
  else say('That was no file; drop one from a folder.', 'error');
});
addEventListener('paste', (event) => {
  const pasted = [...event.clipboardData.files];
  if (pasted.length) parse(pasted[0]);
});

const video = find('#camera video');
function stopCamera() {
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  find('#camera').hidden = true;
  find('#views').hidden = !views.length;
  find('#drop').hidden = views.length > 0;
}
find('#open-camera').addEventListener('click', async () => {
  if (!navigator.mediaDevices) { // only offered to pages of this computer, or over https
    return say('Browsers lend the camera to pages at localhost or https alone.', 'error');
  }
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({video: {width: {ideal: 1280}, facingMode: 'user'}});
  } catch (error) {
    return say(`The camera cannot be used: ${error.message}`, 'error');
  }
  find('#camera').hidden = false;
  find('#views').hidden = find('#drop').hidden = true;
  return say('');
});
find('#stop').addEventListener('click', stopCamera);
find('#snap').addEventListener('click', () => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext('2d').drawImage(video, 0, 0);
  stopCamera();
  canvas.toBlob((blob) => parse(new File([blob], 'camera.jpg', {type: 'image/jpeg'})), 'image/jpeg', 0.95);
});

// ---- controls

find('#opacity').addEventListener('input', draw);
for (const input of all('.recolour input')) {
  input.addEventListener('input', () => {
    if (input.type === 'color') input.parentElement.querySelector('[type=checkbox]').checked = true;
    paint();
  });
}
for (const id of ['all', 'none']) {
  find(`#${id}`).addEventListener('click', () => {
    const titles = all('#parts li').map((item) => item.dataset.title);
    hidden = new Set(id === 'all' ? ['background'] : titles);
    listParts();
    draw();
  });
}

try {
  offer = await about();
  if (offer.models.length > 1) chooseAmong(offer.models.map(({name}) => name));
  say('');
  document.body.dataset.ready = 'yes';
} catch (error) {
  say(sentence(error.message), 'error');
}

function chooseAmong(names) {
  find('#choose-models').hidden = false;
  all('#choose-models select').forEach((select, side) => {
    select.append(...(side ? [NONE] : []).concat(names).map((name) => new Option(name || '(none)', name)));
    select.value = names[side];
    select.addEventListener('change', () => parse());
  });
}
