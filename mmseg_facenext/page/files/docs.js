// Shows /openapi.json as tables.

function element(name, text, ...children) {
  const made = document.createElement(name);
  made.textContent = text.replaceAll('`', '');
  made.append(...children);
  return made;
}

function table(head, rows) {
  const row = (cell, texts) => element('tr', '', ...texts.map((text) => element(cell, text)));
  return element('table', '', row('th', head), ...rows.map((texts) => row('td', texts)));
}

for (const place of document.querySelectorAll('.origin')) place.textContent = location.origin;

const api = await (await fetch('/openapi.json')).json();

function kind(schema) {
  if (schema.$ref) return kind(api.components.schemas[schema.$ref.split('/').pop()]);
  if (schema.enum) return schema.enum.join(', ');
  if (schema.anyOf) return schema.anyOf.map(kind).filter((each) => each !== 'null').join(' or ');
  if (schema.type === 'array') return `any of ${kind(schema.items)}, repeated`;
  return schema.type ?? '';
}

for (const [path, calls] of Object.entries(api.paths)) {
  for (const [method, call] of Object.entries(calls)) {
    document.querySelector('#calls').append(
      element('h3', `${method.toUpperCase()} ${path}`),
      element('p', call.description ?? ''),
      element('p', call.requestBody?.description ?? ''),
      ...(call.parameters ? [table(['parameter', 'values', 'default', ''], call.parameters.map((each) => [
        each.name, kind(each.schema), String(each.schema.default ?? ''), each.description ?? '',
      ]))] : []),
      table(['status', ''], Object.entries(call.responses).map(([status, {description}]) => [status, description])),
    );
  }
}
