/** The templates of another release: the sources as they are, with the patch under test/prove/releases on them. */
import { join } from 'node:path';
import { synthesizeTemplates } from '../../infra/local/template/synthesize.ts';
import { patchedCopy } from './patched-copy.ts';

/** Synthesized only where the sources have changed since. */
export async function synthesizedRelease(
  root: string,
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  const patch = join(root, 'test', 'prove', 'releases', 'another-fold.patch');
  const copy = patchedCopy(root, join(folder, 'another-release'), patch);
  return await synthesizeTemplates({
    root: copy,
    stage: 'dev',
    folder: copy,
    say: () => say('Synthesizing another release, to be deployed meanwhile …'),
  });
}
