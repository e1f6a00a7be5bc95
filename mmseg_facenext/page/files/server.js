// Asks the server that sent this page.

let server = null;

// The models by name, the parts that can be recoloured, and the largest file that is taken.
export async function about() {
  const answer = await fetch('models');
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  server = await answer.json();
  return server;
}

// What `POST /parse` says of a photo; `say` tells a person what is waited for.
export async function ask(model, photo, say, withPhoto = false) {
  const query = new URLSearchParams({model, polygons: 'true', photo: withPhoto});
  for (const part of server.mattes) query.append('matte', part);
  for (;;) {
    const response = await fetch(`parse?${query}`, {
      method: 'POST', body: photo, headers: {'Content-Type': 'application/octet-stream'},
    });
    if (response.status === 503 && response.headers.has('Retry-After')) {
      say('Others are being served, please wait', 'busy');
      await new Promise((done) => setTimeout(done, 1000 * response.headers.get('Retry-After')));
      continue;
    }
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    let reason;
    try { reason = JSON.parse(text).detail; } catch { /* no JSON */ }
    throw new Error(typeof reason === 'string' ? reason : `the server answered ${response.status}`);
  }
}
