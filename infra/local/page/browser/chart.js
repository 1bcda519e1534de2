/** A small chart of the last minutes. */
import { h, setAttribute } from './dom.js';

const WIDTH = 180;
const HEIGHT = 36;
const POINTS = 180;

/** @returns `{ element, update(series, label) }`; the series is a list of numbers, the newest last */
export function chart(kind) {
  const [area, line] = ['path', 'path'].map(svg);
  area.setAttribute('class', 'chart-area');
  line.setAttribute('class', 'chart-line');
  const drawing = svg('svg');
  drawing.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  drawing.setAttribute('preserveAspectRatio', 'none');
  drawing.setAttribute('aria-hidden', 'true');
  drawing.append(area, line);
  const element = h('div', { class: `chart chart-${kind}`, role: 'img' }, drawing);
  function update(series, label) {
    const path = pathOf(series, Math.max(1, ...series));
    line.setAttribute('d', path);
    area.setAttribute(
      'd',
      path === '' ? '' : `${path}L${WIDTH} ${HEIGHT}L${xOf(0, series.length)} ${HEIGHT}Z`,
    );
    setAttribute(element, 'aria-label', label);
  }
  return { element, update };
}

function svg(name) {
  return document.createElementNS('http://www.w3.org/2000/svg', name);
}

function xOf(i, length) {
  return Math.round(10 * (WIDTH - ((length - 1 - i) * WIDTH) / (POINTS - 1))) / 10;
}

function pathOf(values, top) {
  if (values.length < 2) return '';
  const points = values.map((value, i) => {
    const y = Math.round(10 * (HEIGHT - 1 - (value / top) * (HEIGHT - 3))) / 10;
    return `${xOf(i, values.length)} ${y}`;
  });
  return `M${points.join('L')}`;
}
