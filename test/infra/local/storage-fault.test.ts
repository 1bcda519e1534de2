import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { findStorageFault } from '../../../infra/local/storage-fault.ts';

function fault(code: string, syscall: string, path?: string): Error {
  return Object.assign(new Error(`${code}: something, ${syscall}`), { code, syscall, path });
}

describe('an error of the file system', () => {
  for (const [code, sentence] of [
    [
      'ENOSPC',
      /^\/f\/run\.json can't be written \(write\), the disk is full: make room, or choose another folder/,
    ],
    ['EDQUOT', /your quota of disk space is used up/],
    [
      'EROFS',
      /^\/f\/run\.json can't be written \(write\), its file system is read-only: choose another folder/,
    ],
    ['EACCES', /your user has no permission/],
    ['EPERM', /your user has no permission/],
  ] as const)
    it(`is one sentence: ${code}`, () => {
      assert.match(findStorageFault(fault(code, 'write', '/f/run.json'))?.message ?? '', sentence);
    });

  it('is found in a chain of causes, and reported also without a path', () => {
    const wrapped = new Error('could not start', { cause: fault('ENOSPC', 'write') });

    assert.match(
      findStorageFault(wrapped)?.message ?? '',
      /^a file can't be written \(write\), the disk is full/,
    );
  });

  it('is not a refused connection, a missing file or an error of our own', () => {
    assert.equal(findStorageFault(fault('EACCES', 'listen')), undefined);
    assert.equal(findStorageFault(new TypeError('x is not a function')), undefined);
    assert.equal(findStorageFault('ENOSPC'), undefined);
    assert.throws(
      () => readFileSync('/nowhere/at/all'),
      (error: unknown) => findStorageFault(error) === undefined,
    );
  });
});
