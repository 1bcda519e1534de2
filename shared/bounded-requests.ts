/**
 * Requests to AWS that end: what a client of the SDK is told so that a connection that was accepted and then says nothing is closed and
 * tried again. Without `throwOnRequestTimeout` a `requestTimeout` only writes a warning, and such a connection holds its caller until the
 * caller itself is ended (@smithy/node-http-handler, NodeHttpHandlerOptions). Lambda freezes sandboxes between invocations, so a
 * connection that was kept alive may be dead when the next one begins.
 */

interface RequestBounds {
  /** Of one request, the first included; each begins with a connection of its own if the last one was closed. */
  readonly attempts: number;
  /** Until a connection is there. */
  readonly connectMs: number;
  /** Until the answer begins, counted from the request. */
  readonly answerMs: number;
}

export function limitRequests({ attempts, connectMs, answerMs }: RequestBounds) {
  return {
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
    },
  } as const;
}

/** Of every function: short, so that the loop around it sees trouble early and looks again. */
export const functionRequests = limitRequests({ attempts: 3, connectMs: 1_000, answerMs: 3_000 });

/** Of an operator's reading: one that says nothing must not hold up a person. */
export const operatorRequests = limitRequests({ attempts: 4, connectMs: 3_000, answerMs: 10_000 });
