/** Faults that can be injected into one request from a function to DynamoDB, and what is recorded of the request. */

/** One request of a function. */
export interface Call {
  /** The sandbox that sent it; undefined if the request does not tell. */
  readonly sandbox: string | undefined;
  /** The partition key that it writes or reads; empty if unknown. */
  readonly pk: string;
  /** The offsets that it commits, if it puts a journal entry. */
  readonly commits: string | undefined;
  /** The version of the code that computed what it commits. */
  readonly code: string | undefined;
}

export type InjectedFault =
  /** Answered here, never forwarded. */
  | { readonly kind: 'throttled' | 'internal-error' | 'unavailable' }
  | { readonly kind: 'delayed'; readonly ms: number }
  | { readonly kind: 'reset-before-forward' }
  /** Accepted, but never forwarded and never answered, so the client must time out. */
  | { readonly kind: 'silent' }
  /** Forwarded; the reply is swallowed and the connection reset. */
  | { readonly kind: 'reply-lost' }
  /** Forwarded; the reply comes after the client's timeout. */
  | { readonly kind: 'reply-late'; readonly ms: number }
  | { readonly kind: 'killed-before-forward' | 'killed-after-forward' | 'killed-after-reply' }
  /** The poller that waits for the function is killed, so it never commits what was written. */
  | { readonly kind: 'poller-killed-after-reply'; readonly kill: () => void }
  /** Held until `held` resolves, then forwarded. With `frozen`, the process is stopped in the meantime. */
  | { readonly kind: 'frozen' | 'outrun'; readonly held: Promise<void> };

export interface Heard {
  readonly call: Call;
  readonly fault: InjectedFault['kind'] | undefined;
  /** The status of DynamoDB's reply; undefined if the request was not forwarded, or no reply came. */
  readonly status: number | undefined;
  /** Like `ConditionalCheckFailedException`. */
  readonly error: string | undefined;
}
