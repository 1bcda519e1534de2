/**
 * Which incarnation of the topic runs here, where it is not the one of the templates: as it is given, and kept beside the data
 * for later runs, since going back to an earlier one would count another log into its journals.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ParameterLookup } from '../local/template/scope.ts';
import type { StartOptions } from './options.ts';

/** As infra/aws publishes it. */
const published = /^\/clickledger\/[^/]+\/[^/]+\/(incarnation|log)$/;

/** What the groups' stacks read instead of what the stream's stack publishes. */
export function createIncarnationLookup(
  folder: string,
  { incarnation, keep }: Pick<StartOptions, 'incarnation' | 'keep'>,
): ParameterLookup {
  const file = join(folder, 'incarnation');
  if (incarnation !== undefined) writeFileSync(file, String(incarnation));
  else if (!keep) rmSync(file, { force: true });
  const kept = textOf(file);
  return (name, value) => {
    const fact = published.exec(name)?.[1];
    if (kept === undefined || fact === undefined) return value;
    // Whoever says that the topic is another one says that it was recreated.
    return fact === 'log' ? 'new' : kept;
  };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
