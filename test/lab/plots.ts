/** The lab's measures as SVG: partitions moved, records redelivered, and the pause of every partition. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Measures } from './report.ts';
import { steps } from './scenario.ts';

const COLOUR = '#0f6f67';
const config = {
  font: 'sans-serif',
  view: { stroke: '#deded8' },
  axis: { titleFontWeight: 'normal' },
} as const;

/** Returns the files that were written. */
export async function writePlots(measures: Measures, folder: string): Promise<string[]> {
  const rows = [...measures].flatMap(([strategy, bySteps]) =>
    steps.map((step) => ({ strategy, step, ...bySteps[step] })),
  );
  const pauses = rows.flatMap(({ strategy, step, pausesMs }) =>
    pausesMs.map((pauseMs, partition) => ({ strategy, step, partition, pauseMs: Math.max(1, pauseMs) })),
  );
  const order = [...measures.keys()];
  mkdirSync(folder, { recursive: true });
  return Promise.all([
    written(folder, 'lab-moved.svg', bars(rows, order, 'moved', 'partitions moved')),
    written(folder, 'lab-redelivered.svg', bars(rows, order, 'redelivered', 'records redelivered')),
    written(folder, 'lab-pauses.svg', dots(pauses, order)),
  ]);
}

function bars(
  values: readonly object[],
  order: readonly string[],
  field: string,
  title: string,
): TopLevelSpec {
  return {
    ...framed(values),
    mark: { type: 'bar', color: COLOUR },
    encoding: {
      column: { field: 'step', sort: [...steps], title: null },
      y: { field: 'strategy', type: 'nominal', sort: [...order], title: null },
      x: { field, type: 'quantitative', title },
    },
  };
}

/** A point for each partition: most pause little or not at all, and the few that do are what matters. */
function dots(values: readonly object[], order: readonly string[]): TopLevelSpec {
  return {
    ...framed(values),
    mark: { type: 'point', color: COLOUR, filled: true, size: 60, opacity: 0.55 },
    encoding: {
      column: { field: 'step', sort: [...steps], title: null },
      y: { field: 'strategy', type: 'nominal', sort: [...order], title: null },
      x: {
        field: 'pauseMs',
        type: 'quantitative',
        scale: { type: 'log' },
        title: 'pause of each partition, ms',
      },
    },
  };
}

function framed(values: readonly object[]) {
  return { width: 200, height: 140, background: '#ffffff', config, data: { values: [...values] } };
}

async function written(folder: string, name: string, spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const file = join(folder, name);
  writeFileSync(file, `${await view.toSVG()}\n`);
  view.finalize();
  return file;
}
