/**
 * Ensures that `cdk.out` holds the templates of the stage, from the current sources. It keeps a digest of the sources with the
 * time of the synthesis, so that an unchanged checkout starts without a synthesis, and templates of another stage are not
 * used. If the checkout is read-only, the templates are in the local runtime's folder.
 */

import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from '../../terminal/user-error.ts';
import { runTool, showWhile } from '../tools.ts';

interface TemplatesOptions {
  readonly root: string;
  readonly stage: string;
  /** The folder for the digest. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

const SOURCES = ['cdk.json', 'package-lock.json', 'infra/app.ts', 'infra/aws', 'functions', 'shared'];
const SYNTH_WITHIN_MS = 120_000;

/** The folder with the templates. */
export async function synthesizeTemplates({ root, stage, folder, say }: TemplatesOptions): Promise<string> {
  const templates = placeOf(root, folder);
  const output = templates === usualIn(root) ? [] : ['--output', templates];
  const digestFile = join(folder, 'templates.json');
  const digest = digestOf(root);
  const kept = readKept(digestFile);
  if (kept === JSON.stringify({ digest, stage, synthesized: synthesizedAt(templates) })) return templates;
  say(`Synthesizing the templates of stage ${stage} …`);
  const cdk = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const synthesis = runTool(
    process.execPath,
    [cdk, 'synth', '--quiet', ...output, '-c', `stage=${stage}`],
    SYNTH_WITHIN_MS,
    root,
    // cdk.json says `node`; this process's Node must be the first on the path.
    { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) },
  );
  const synth = await showWhile('synthesizing', synthesis);
  if (synth === 'missing' || synth.status !== 0) {
    const output = synth === 'missing' ? 'node was not found' : synth.output.trim();
    const fault = /^\w*Error: (.+)$/m.exec(output)?.[1] ?? output;
    throw new UserError(
      `cdk synth failed: ${fault}; to see only this, run npm run synth -- -c stage=${stage}`,
    );
  }
  writeFileSync(digestFile, JSON.stringify({ digest, stage, synthesized: synthesizedAt(templates) }));
  return templates;
}

/** The output folder in cdk.json. */
function usualIn(root: string): string {
  return join(root, 'cdk.out');
}

/** In the checkout, or in the local runtime's folder if the checkout is read-only. */
function placeOf(root: string, folder: string): string {
  const usual = usualIn(root);
  try {
    mkdirSync(usual, { recursive: true });
    accessSync(usual, constants.W_OK);
    return usual;
  } catch {
    return join(folder, 'cdk.out');
  }
}

function digestOf(root: string): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const files = statSync(join(root, source)).isDirectory()
      ? readdirSync(join(root, source), { recursive: true, encoding: 'utf8' })
          .sort()
          .map((name) => join(source, name))
      : [source];
    for (const file of files) {
      if (statSync(join(root, file)).isFile()) hash.update(file).update(readFileSync(join(root, file)));
    }
  }
  return hash.digest('hex');
}

function synthesizedAt(templates: string): number | undefined {
  return statSync(join(templates, 'manifest.json'), { throwIfNoEntry: false })?.mtimeMs;
}

function readKept(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
