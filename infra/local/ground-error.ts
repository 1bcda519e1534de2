/**
 * What a person at the laptop can cure: a tool that is missing, a port that is taken, a template that can't run here.
 * The message is one sentence or two that say what was met, what is allowed and what to do; whoever prints it needs
 * no stack. Anything else that is thrown in this folder is a fault of ours and is shown whole.
 */
export class GroundError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GroundError';
  }
}

/** The innermost sentence: clients wrap what the network or the broker said. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors.at(-1));
  if (error instanceof Error && error.cause instanceof Error) return reasonOf(error.cause);
  return error instanceof Error ? error.message : String(error);
}

const storageFaults: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, or choose another folder with CLICKLEDGER_FOLDER',
  EDQUOT: 'your quota of disk space is used up: make room, or choose another folder with CLICKLEDGER_FOLDER',
  EROFS: 'its file system is read-only: choose another folder with CLICKLEDGER_FOLDER',
  EACCES: 'your user may not do that: choose another folder with CLICKLEDGER_FOLDER',
  EPERM: 'your user may not do that: choose another folder with CLICKLEDGER_FOLDER',
};

const onFiles = /^(open|write|mkdir|mkdtemp|rename|link|unlink|rm|rmdir|copyfile|ftruncate|fsync|close)$/;

/** What the file system refused, as a sentence; undefined for any other error. */
export function storageFault(error: unknown): GroundError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', syscall = '', path } = error as NodeJS.ErrnoException;
  const fault = storageFaults[code];
  if (fault === undefined || !onFiles.test(syscall)) return storageFault(error.cause);
  return new GroundError(`${path ?? 'a file'} can't be written (${syscall}), ${fault}`, error);
}
