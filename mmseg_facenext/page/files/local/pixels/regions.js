// Connected regions of equal values; corners connect.

// `number`: of the region of each pixel; `areas`: how many pixels each has.
export function regions(values, width, height) {
  const number = new Int32Array(values.length).fill(-1), waiting = new Int32Array(values.length), areas = [];
  for (let start = 0; start < values.length; start++) {
    if (number[start] >= 0) continue;
    let first = 0, last = 0;
    number[start] = areas.length;
    waiting[last++] = start;
    while (first < last) {
      const at = waiting[first++], x = at % width, y = (at - x) / width;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (number[next] >= 0 || values[next] !== values[start]) continue;
          number[next] = areas.length;
          waiting[last++] = next;
        }
      }
    }
    areas.push(last);
  }
  return {number, areas, count: areas.length};
}
