/** Figures as tables and pictures in the documents. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions, Section } from './bench-section.ts';
import { textOf } from './cell-text.ts';
import { barsOf } from './chart.ts';

const docs = join(import.meta.dirname, '../../docs');
const PAGE = join(docs, 'benchmarks.md');

export function tableOf({ rows }: Section): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [
    columns,
    columns.map(() => '---'),
    ...rows.map((row) => columns.map((column) => textOf(row[column]))),
  ];
  return cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Puts the sections in docs/benchmarks.md, in the place of those of the same title or at the end; the others stay. */
export async function writeSections(
  sections: readonly Section[],
  { seed, rounds }: BenchOptions,
): Promise<void> {
  mkdirSync(join(docs, 'images'), { recursive: true });
  const [, ...written] = existsSync(PAGE) ? readFileSync(PAGE, 'utf8').split(/^## /m) : [];
  const parts = new Map(written.map((part) => [part.slice(0, part.indexOf('\n')), part.trim()]));
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}`;
  const measured = `${new Date().toISOString().slice(0, 10)}, ${machine}, seed ${seed}, rounds ${rounds}`;
  for (const section of sections) {
    const picture = await drawn(section);
    const part = [section.title, section.about, tableOf(section), ...picture, `_${measured}_`];
    parts.set(section.title, part.join('\n\n'));
  }
  const texts = [HEAD, ...Array.from(parts.values(), (part) => `## ${part}`)];
  writeFileSync(PAGE, `${texts.join('\n\n')}\n`);
}

const HEAD = `# Benchmarks

Written by \`clickledger bench\`. Rivals were measured turn by turn in one run; a figure with two others in brackets is the median, with the
tenth and ninetieth percentile. Timings of a shared machine are noisy: compare within a table, not between two.`;

/** The section's chart as a file, named in Markdown; nothing where it has none. */
async function drawn(section: Section): Promise<string[]> {
  const svg = await barsOf(section);
  if (svg === undefined) return [];
  writeFileSync(join(docs, 'images', `bench-${section.id}.svg`), `${svg}\n`);
  return [`![${section.title}](images/bench-${section.id}.svg)`];
}
