/** The lab's measures as people read them, and as programs do. */
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

export function reportLines(
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
    ...oddities(measures),
  ];
}

/** What should not be, and is the client's doing. */
function oddities(measures: Measures): string[] {
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

export function reportJson(measures: Measures, options: LabOptions): string {
  const { json: _, plots: __, ...parameters } = options;
  return JSON.stringify({ parameters, measures: Object.fromEntries(measures) });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
