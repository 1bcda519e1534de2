/**
 * Adds a team's group to the checkout: its folder and its tests, one line in the registry and one in CODEOWNERS. Nothing else is needed, since
 * stacks, local runtime, dashboards and audits know groups by the registry. A new group counts every click and favours completeness over freshness; its
 * files are the texts under files/, with the team's name and group id left open.
 *
 * Everything is written or nothing: folders are filled under another name and renamed, files likewise, and a failure undoes the steps before
 * it. The registry comes last, so a group is known only once all of it exists.
 */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from 'commander';
import type { GroupSpec } from '../../../shared/group.ts';
import { UserError } from '../../terminal/user-error.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

function stepsFor(request: NewGroup): readonly Step[] {
  const { team, owner } = request;
  const key = team.includes('-') ? `'${team}'` : team;
  return [
    { folder: `functions/${team}`, files: buildTeamFiles(request) },
    { folder: `test/functions/${team}`, files: buildTeamTests(request) },
    { file: '.github/CODEOWNERS', line: `**/functions/${team}/ ${owner}` },
    {
      file: 'functions/index.ts',
      line: `  ${key}: (await import('./${team}/group.ts')).group,`,
      before: '};',
    },
  ];
}

function nextSteps({ team, groupId }: NewGroup): string {
  return `Written: functions/${team}, test/functions/${team}, a line in functions/index.ts and one in .github/CODEOWNERS.
  npm exec -- node --test "test/functions/${team}/*.test.ts"     its own tests
  npm start                                            all groups on this machine, ${groupId} among them
  npx clickledger statement --ledger ${team} --advertiser adv-7 --exact
  npx cdk deploy clickledger-dev-${team}               once functions/${team}/group.ts says what you mean`;
}

/** Writes the group's files, all or none, and returns what to do next. */
export function writeNewGroup(request: NewGroup): string {
  try {
    writeAll(ROOT, stepsFor(request));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new UserError(`${ROOT} is no whole checkout: ${error.message}`, error);
    throw error;
  }
  return nextSteps(request);
}

/** Of the formatter; a longer text goes on a line of its own. */
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

export interface NewGroup {
  readonly team: string;
  readonly groupId: string;
  /** As CODEOWNERS names them. */
  readonly owner: string;
}

/** Names of something else in every ledger, stack or template. */
const reserved = [
  'advertiser',
  'clickledger',
  'data',
  'dev',
  'events',
  'group',
  'handler',
  'index',
  'journals',
  'key',
  'ledger',
  'logs',
  'operator',
  'parked',
  'prod',
  'role',
  'rollup',
  'shared',
  'stream',
  'table',
  'test',
  'topic',
];

/** A name is part of names of resources and paths of parameters. */
const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_LENGTH_MIN = 3;
const NAME_LENGTH_MAX = 31;
/** Lambda allows more characters, MSK's lag metrics do not (Amazon MSK docs: consumer-lag). */
export const groupIdAllowed = /^[a-zA-Z0-9._-]{1,200}$/;
export const ownerAllowed =
  /^(@[A-Za-z0-9][A-Za-z0-9-]*(\/[A-Za-z0-9][\w.-]*)?|[^\s@#]+@[^\s@#]+\.[^\s@#]+)$/;

/** The name itself, if it can be one. */
export function parseTeam(team: string): string {
  const allowed = `are ${NAME_LENGTH_MIN} to ${NAME_LENGTH_MAX} characters: small letters and digits, words joined by -, a letter first`;
  if (!namePattern.test(team) || team.length < NAME_LENGTH_MIN || team.length > NAME_LENGTH_MAX)
    throw new InvalidArgumentError(`Allowed ${allowed}.`);
  if (reserved.includes(team))
    throw new InvalidArgumentError(`It is reserved, like ${reserved.join(', ')}. Allowed is any other.`);
  return team;
}

/** Throws `UserError` where another group has the name, the ledger or the group id. */
export function assertFree({ team, groupId }: NewGroup, groups: Readonly<Record<string, GroupSpec>>): void {
  const others = Object.entries(groups);
  if (Object.hasOwn(groups, team))
    throw new UserError(
      `group '${team}' exists already, as do ${others.map(([name]) => name).join(', ')}: choose another name`,
    );
  for (const [other, { ledger, groupId: taken }] of others) {
    if (ledger === team)
      throw new UserError(
        `the name is '${team}', which is the ledger of '${other}': each group has one of its own`,
      );
    if (taken === groupId)
      throw new UserError(
        `the group id '${groupId}' is that of '${other}': two mappings in one group would share its partitions; choose another with --group-id`,
      );
  }
}

export type Step =
  /** A folder that does not exist yet, with these files. */
  | { readonly folder: string; readonly files: Readonly<Record<string, string>> }
  /** A new line in a file, before the one given, or at the end. */
  | { readonly file: string; readonly line: string; readonly before?: string };

/** @param root the checkout; paths are relative to it */
export function writeAll(root: string, steps: readonly Step[]): void {
  for (const step of steps) assertPlaceable(root, step);
  const undo: (() => void)[] = [];
  try {
    for (const step of steps) undo.push('folder' in step ? placeFolder(root, step) : addLine(root, step));
  } catch (cause) {
    for (const takeBack of undo.reverse()) takeBack();
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`nothing was written: ${said}`, cause);
  }
}

function assertPlaceable(root: string, step: Step): void {
  if ('folder' in step) {
    if (existsSync(join(root, step.folder)))
      throw new UserError(
        `${step.folder} exists already and is in no registry: remove it, or choose another name`,
      );
    return;
  }
  const lines = linesOf(root, step.file);
  if (step.before !== undefined && lines.filter((line) => line === step.before).length !== 1)
    throw new UserError(
      `${step.file} has not exactly one line '${step.before}' to put the new one before: restore it first`,
    );
}

function placeFolder(root: string, { folder, files }: Extract<Step, { folder: string }>): () => void {
  const place = join(root, folder);
  const parent = dirname(place);
  const made = mkdirSync(parent, { recursive: true });
  const beside = mkdtempSync(join(parent, '.new-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(beside, name), text);
    renameSync(beside, place);
  } catch (error) {
    rmSync(made ?? beside, { recursive: true, force: true });
    throw error;
  }
  return () => rmSync(made ?? place, { recursive: true, force: true });
}

function addLine(root: string, { file, line, before }: Extract<Step, { file: string }>): () => void {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  const lines = linesOf(root, file);
  lines.splice(before === undefined ? lines.length : lines.indexOf(before), 0, line);
  replace(path, `${lines.join('\n')}\n`);
  return () => replace(path, text);
}

function linesOf(root: string, file: string): string[] {
  return readFileSync(join(root, file), 'utf8').trimEnd().split('\n');
}

function replace(path: string, text: string): void {
  const beside = `${path}.new`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
