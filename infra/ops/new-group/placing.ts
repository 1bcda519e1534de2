/**
 * Puts files where they belong, all or none: folders are filled beside their place and renamed, files are rewritten likewise, and whatever
 * fails takes back what was done before it. The registry comes last, so a group is known only once all of it stands.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../terminal/user-error.ts';

export type Step =
  /** A folder that is not there yet, with these files. */
  | { readonly folder: string; readonly files: Readonly<Record<string, string>> }
  /** One line more in a file, before the one given, or at the end. */
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
