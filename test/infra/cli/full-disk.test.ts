/** A disk that is full is said in a sentence by whatever command meets it, not as an error of the program. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Loaded before the command: no folder of jars can be made. */
const FULL_DISK = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { mkdirSync } = fs;
fs.mkdirSync = (path, options) => {
  if (!path.includes('jars')) return mkdirSync(path, options);
  const fault = { code: 'ENOSPC', syscall: 'mkdir', path };
  throw Object.assign(new Error('ENOSPC: no space left on device'), fault);
};
syncBuiltinESMExports();
`;

describe('a full disk', () => {
  for (const command of [['prove', '--smoke'], ['lab']])
    it(`is said in a sentence by clickledger ${command.join(' ')}`, async (t) => {
      const folder = temporaryFolder(t);
      const preload = join(folder, 'full-disk.mjs');
      writeFileSync(preload, FULL_DISK);
      const own = join(folder, 'own');

      const ended = promisify(execFile)(
        process.execPath,
        ['--import', preload, 'infra/cli/main.ts', ...command],
        {
          cwd: join(import.meta.dirname, '../../..'),
          env: { PATH: process.env['PATH'], CLICKLEDGER_FOLDER: own },
          timeout: 60_000,
        },
      );

      await assert.rejects(ended, ({ code, stderr }: { code: number; stderr: string }) => {
        assert.equal(code, 2);
        assert.match(
          stderr,
          /^clickledger: \S+ can't be written \(mkdir\), the disk is full: make room, or choose another folder with CLICKLEDGER_FOLDER\n$/m,
        );
        assert.doesNotMatch(stderr, /^ +at /m);
        return true;
      });
    });
});
