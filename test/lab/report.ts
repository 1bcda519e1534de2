/** The lab's measures as people read them, as programs do, and as SVG: partitions moved, records redelivered, the pause of every partition. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { StepMeasures } from './deliveries.ts';
import type { LabOptions } from './options.ts';
import { type Step, steps } from './scenario.ts';
import type { StrategyName } from './strategies.ts';

export type Measures = ReadonlyMap<StrategyName, Readonly<Record<Step, StepMeasures>>>;

const HEAD = [
  'strategy',
  'step',
  'moved',
  'fewest',
  'redelivered',
  'longest',
  'median',
  'quiet',
  'pause of each partition, ms',
];

export function formatReport(
  measures: Measures,
  { sessionTimeoutMs, heartbeatMs, commitMs }: LabOptions,
): string[] {
  const rows = [...measures].flatMap(([strategy, bySteps]) =>
    steps.map((step) => {
      const { moved, fewest, redelivered, pausesMs, quietMs } = bySteps[step];
      const cells = [moved, fewest, redelivered, Math.max(...pausesMs), median(pausesMs), quietMs];
      return [strategy, step, ...cells.map(String), pausesMs.join(' ')];
    }),
  );
  const widths = HEAD.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const isText = (i: number) => i < 2 || i === HEAD.length - 1;
  const table = [HEAD, ...rows].map((row) =>
    row
      .map((cell, i) => (isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [
    ...table,
    `Sessions of ${sessionTimeoutMs} ms, heartbeats every ${heartbeatMs} ms, commits every ${commitMs} ms. Pauses are times without a new record of a`,
    'partition; "quiet" is the longest such time while nothing happened. Redelivered is what came a second time.',
    ...findOddities(measures),
  ];
}

/** What should not be, and is the client's doing. */
function findOddities(measures: Measures): string[] {
  return [...measures].flatMap(([strategy, bySteps]) =>
    steps.flatMap((step) => {
      const { quietRedelivered } = bySteps[step];
      return quietRedelivered === 0
        ? []
        : [
            `${strategy}, before ${step}: ${quietRedelivered} records came twice while nothing happened: two members read one partition`,
          ];
    }),
  );
}

export function formatReportJson(measures: Measures, options: LabOptions): string {
  const { json: _, plots: __, ...parameters } = options;
  return JSON.stringify({ parameters, measures: Object.fromEntries(measures) });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

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
    writePlot(folder, 'lab-moved.svg', buildBars(rows, order, 'moved', 'partitions moved')),
    writePlot(folder, 'lab-redelivered.svg', buildBars(rows, order, 'redelivered', 'records redelivered')),
    writePlot(folder, 'lab-pauses.svg', buildDots(pauses, order)),
  ]);
}

function buildBars(
  values: readonly object[],
  order: readonly string[],
  field: string,
  title: string,
): TopLevelSpec {
  return {
    ...frame(values),
    mark: { type: 'bar', color: COLOUR },
    encoding: {
      column: { field: 'step', sort: [...steps], title: null },
      y: { field: 'strategy', type: 'nominal', sort: [...order], title: null },
      x: { field, type: 'quantitative', title },
    },
  };
}

/** A point for each partition: most pause little or not at all, and the few that do are what matters. */
function buildDots(values: readonly object[], order: readonly string[]): TopLevelSpec {
  return {
    ...frame(values),
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

function frame(values: readonly object[]) {
  return { width: 200, height: 140, background: '#ffffff', config, data: { values: [...values] } };
}

async function writePlot(folder: string, name: string, spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const file = join(folder, name);
  writeFileSync(file, `${await view.toSVG()}\n`);
  view.finalize();
  return file;
}
