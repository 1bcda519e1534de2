/** Figures as tables, kept as JSON beside the documents, and drawn. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions, Section } from './bench-section.ts';
import { textOf } from './cell-text.ts';
import { barsOf } from './chart.ts';

const docs = join(import.meta.dirname, '../../docs');
const KEPT = join(docs, 'benchmarks.json');

/** A section with where and how it was measured. */
interface Kept extends Section {
  readonly measured: string;
}

export function tableOf({ rows }: Section): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [
    columns,
    columns.map(() => '---'),
    ...rows.map((row) => columns.map((column) => textOf(row[column]))),
  ];
  return cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Puts them in the place of those of the same id, or at the end. */
export function keepSections(sections: readonly Section[], { seed, rounds }: BenchOptions): void {
  const kept = readKept();
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}`;
  const measured = `${new Date().toISOString().slice(0, 10)}, ${machine}, seed ${seed}, rounds ${rounds}`;
  for (const section of sections) {
    const at = kept.findIndex(({ id }) => id === section.id);
    kept.splice(at < 0 ? kept.length : at, at < 0 ? 0 : 1, { ...section, measured });
  }
  writeFileSync(KEPT, `${JSON.stringify(kept, null, 1)}\n`);
}

export async function writeReport(): Promise<void> {
  mkdirSync(join(docs, 'images'), { recursive: true });
  const parts = [HEAD];
  for (const section of readKept()) {
    const picture = await drawn(section);
    parts.push(`## ${section.title}`, section.about, tableOf(section), ...picture, `_${section.measured}_`);
  }
  writeFileSync(join(docs, 'benchmarks.md'), `${parts.join('\n\n')}\n`);
}

const HEAD = `# Benchmarks

Written by \`npm run bench\`. Rivals were measured turn by turn in one run; a figure with two others in brackets is the median, with the
tenth and ninetieth percentile. Timings of a shared machine are noisy: compare within a table, not between two.`;

function readKept(): Kept[] {
  return existsSync(KEPT) ? (JSON.parse(readFileSync(KEPT, 'utf8')) as Kept[]) : [];
}

/** The section's chart as a file, named in Markdown; nothing where it has none. */
async function drawn(section: Section): Promise<string[]> {
  const svg = await barsOf(section);
  if (svg === undefined) return [];
  writeFileSync(join(docs, 'images', `bench-${section.id}.svg`), `${svg}\n`);
  return [`![${section.title}](images/bench-${section.id}.svg)`];
}
