/** Turns errors of the file system into sentences that a person can act on. */
import { UserError } from '../terminal/user-error.ts';

const storageFaults: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, or choose another folder with CLICKLEDGER_FOLDER',
  EDQUOT: 'your quota of disk space is used up: make room, or choose another folder with CLICKLEDGER_FOLDER',
  EROFS: 'its file system is read-only: choose another folder with CLICKLEDGER_FOLDER',
  EACCES: 'your user has no permission: choose another folder with CLICKLEDGER_FOLDER',
  EPERM: 'your user has no permission: choose another folder with CLICKLEDGER_FOLDER',
};

const onFiles =
  /^(open|write|mkdir|mkdtemp|rename|link|symlink|unlink|rm|rmdir|copyfile|ftruncate|fsync|close)$/;

/** Returns a sentence for an error of the file system; undefined for any other error. */
export function findStorageFault(error: unknown): UserError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', syscall = '', path } = error as NodeJS.ErrnoException;
  const fault = storageFaults[code];
  if (fault === undefined || !onFiles.test(syscall)) return findStorageFault(error.cause);
  return new UserError(`${path ?? 'a file'} can't be written (${syscall}), ${fault}`, error);
}
