/** Errors that a person can fix, and the innermost sentence of errors of libraries. */

/** One sentence or two: what was given, what is allowed, what to do. A command prints it without a stack and ends with 2. */
export class UserError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'UserError';
  }
}

/** Ctrl-C or SIGTERM. A command ends with 130. */
export class Interrupted extends UserError {}

/** The innermost message: clients wrap what the network or the server said. */
export function findInnermostMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return findInnermostMessage(error.errors.at(-1));
  if (error instanceof Error && error.cause instanceof Error) return findInnermostMessage(error.cause);
  return error instanceof Error ? error.message || error.name : String(error);
}
