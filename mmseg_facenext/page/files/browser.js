// Asks nobody: photos are parsed in this browser, by the files beside this page. What it gives is what server.js gives.

const NEEDED = ['WebAssembly', 'OffscreenCanvas', 'CompressionStream'];
let offer = null, worker = null, questions = 0;
const waiting = new Map(); // number of a question to what its answer is given to

export async function about() {
  const missing = NEEDED.filter((name) => typeof globalThis[name] === 'undefined');
  if (missing.length) throw new Error(`this browser lacks ${missing.join(', ')}; take one of 2023 or newer`);
  // The folder may have been written again: ask whether it is still the same.
  const answer = await fetch('models.json', {cache: 'no-cache'});
  if (!answer.ok) throw new Error(`the file models.json is missing (${answer.status}); write the folder again: facenext page`);
  offer = {...await answer.json(), max_bytes: Infinity};
  return offer;
}

export async function ask(name, file, say) {
  await check(file);
  const {models, detector, mattes} = offer, model = models.find((each) => each.name === name);
  say(worker ? 'Looking for faces' : 'Loading the networks, once; then looking for faces', 'busy');
  worker ??= start();
  return new Promise((done, failed) => {
    waiting.set(++questions, {done, failed});
    worker.postMessage({number: questions, file, model, detector, mattes});
  });
}

// A worker from an address of this page's own making obeys the Content-Security-Policy of this page.
function start() {
  const code = `import ${JSON.stringify(new URL('local/worker.js', import.meta.url).href)}`;
  const address = URL.createObjectURL(new Blob([code], {type: 'text/javascript'}));
  const started = new Worker(address, {type: 'module'});
  started.addEventListener('message', ({data: {number, answer, reason}}) => {
    const {done, failed} = waiting.get(number);
    waiting.delete(number);
    if (answer) done(answer);
    else failed(new Error(`the photo cannot be parsed here: ${reason}`));
  });
  started.addEventListener('error', ({message}) => {
    const reason = new Error(`the parser of this page does not start: ${message ?? 'a file is missing'}`);
    for (const {failed} of waiting.values()) failed(reason);
    waiting.clear();
    worker = null;
  });
  return started;
}

// Read the size of the photo before its pixels.
async function check(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await new Promise((done, failed) => Object.assign(image, {onload: done, onerror: failed}));
  } catch {
    throw new Error('this is no photo, or one of a format that this browser cannot show');
  } finally {
    URL.revokeObjectURL(image.src);
  }
  if (image.naturalWidth * image.naturalHeight > offer.max_pixels) {
    throw new Error(`the photo has more than ${offer.max_pixels / 1e6} megapixels; make it smaller`);
  }
}
