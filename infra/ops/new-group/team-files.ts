/**
 * What a new team begins with: a group that is complete before fresh, a fold that counts every click, and tests of both. The texts are
 * files of their own, under files/, with the team's name and group id left open.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { NewGroup } from './request.ts';

/** What the formatter allows; a text that does not fit goes on a line of its own. */
const LINE_WIDTH = 110;

/** By the name of the file in the team's folder. */
export function buildTeamFiles(request: NewGroup): Readonly<Record<string, string>> {
  return filled('files', request);
}

/** By the name of the file in the team's folder of tests. */
export function buildTeamTests(request: NewGroup): Readonly<Record<string, string>> {
  return filled('files/test', request);
}

function filled(folder: string, { team, groupId }: NewGroup): Readonly<Record<string, string>> {
  const path = join(import.meta.dirname, folder);
  const names = readdirSync(path).filter((name) => name.endsWith('.txt'));
  const files = names.map((name) => {
    const text = readFileSync(join(path, name), 'utf8')
      .replaceAll('{{team}}', team)
      .replaceAll('{{groupId}}', `${fits(`  groupId: '${groupId}',`) ? ' ' : '\n    '}'${groupId}'`);
    return [basename(name, '.txt'), text] as const;
  });
  return Object.fromEntries(files);
}

function fits(line: string): boolean {
  return line.length <= LINE_WIDTH;
}
