/** A section's figures as bars in one SVG. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Cell, Section } from './bench-section.ts';
import { textOf } from './cell-text.ts';

/** Of a label under a bar, in characters, before it goes on in another line. */
const LABEL_WIDTH = 16;

/** Undefined where the section has no chart. Cells that are no figures get no bar. */
export async function barsOf({ rows, chart }: Section): Promise<string | undefined> {
  if (chart === undefined) return undefined;
  const { x, y, log, where = {} } = chart;
  const columns = typeof y === 'string' ? [y] : y;
  const series = columns.length > 1 ? 'of' : chart.series;
  const values = rows
    .filter((row) => Object.entries(where).every(([column, value]) => row[column] === value))
    .flatMap((row) =>
      columns.map((column) => ({
        x: wrapped(textOf(row[x])),
        y: numberOf(row[column]),
        series: columns.length > 1 ? column : series && textOf(row[series]),
      })),
    )
    .filter((value) => Number.isFinite(value.y));
  // A bar on a logarithmic scale has no zero to stand on.
  const floor = 10 ** (Math.ceil(Math.log10(Math.min(...values.map((value) => value.y)))) - 1);
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    width: 480,
    height: 220,
    config: { lineBreak: '\n' },
    data: { values },
    mark: { type: 'bar', tooltip: false },
    encoding: {
      x: { field: 'x', type: 'nominal', sort: null, title: x, axis: { labelAngle: 0, labelLimit: 140 } },
      y: {
        field: 'y',
        type: 'quantitative',
        title: typeof y === 'string' ? y : null,
        ...(log && { scale: { type: 'log', domainMin: floor }, stack: null }),
      },
      ...(log && { y2: { datum: floor } }),
      ...(series && {
        xOffset: { field: 'series', sort: null },
        color: {
          field: 'series',
          type: 'nominal',
          sort: null,
          title: columns.length > 1 ? null : series,
          scale: { scheme: 'tableau10' },
        },
      }),
    },
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

function wrapped(text: string): string {
  return text.replace(new RegExp(`(.{1,${LABEL_WIDTH}})(?:\\s+|$)`, 'g'), '$1\n').trimEnd();
}

function numberOf(cell: Cell | undefined): number {
  return typeof cell === 'object' ? cell.median : Number(cell);
}
