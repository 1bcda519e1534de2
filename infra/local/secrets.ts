/**
 * The values of secrets that CloudFormation would generate. They are made once and kept in one file that only its owner can
 * read, so that a restart uses the same values. In: the file's path. Out: the lookup for a plan. Values have letters and
 * digits only, without those that a template excludes.
 */

import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../terminal/user-error.ts';
import { writePrivately } from './run-file.ts';
import type { SecretLookup } from './template/scope.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const keptSchema = v.record(v.string(), v.string());

export function createSecretLookup(file: string): SecretLookup {
  const kept = readKept(file);
  return (id, { length, exclude }) => {
    const known = kept[id];
    if (known !== undefined) return known;
    const fresh = randomText(
      length,
      [...ALPHABET].filter((character) => !exclude.includes(character)),
    );
    kept[id] = fresh;
    write(file, kept);
    return fresh;
  };
}

function readKept(file: string): Record<string, string> {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
  try {
    return v.parse(keptSchema, JSON.parse(content));
  } catch (cause) {
    throw new UserError(`${file} is damaged: remove it, and the next start makes new secrets`, cause);
  }
}

/** Renamed into place, so that an interrupted start leaves either the old file or the new one. */
function write(file: string, kept: Record<string, string>): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writePrivately(file, `${JSON.stringify(kept, null, 2)}\n`);
}

function randomText(length: number, characters: readonly string[]): string {
  if (characters.length === 0)
    throw new UserError('a secret excludes every letter and digit: allow some of them');
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}
