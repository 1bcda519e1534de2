/** What can befall one request from a function to DynamoDB, and what is heard of it. */

/** One request of a function. */
export interface Call {
  /** Which sandbox sent it; undefined for one that says nothing. */
  readonly sandbox: string | undefined;
  /** Like `PutItem`. */
  readonly operation: string;
  /** The partition key that it writes or reads, where one can be told. */
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
  /** Taken, never forwarded and never answered: the client has to give it up. */
  | { readonly kind: 'silent' }
  /** Forwarded; the reply is swallowed and the connection reset. */
  | { readonly kind: 'reply-lost' }
  /** Forwarded; the reply comes after the client has stopped waiting. */
  | { readonly kind: 'reply-late'; readonly ms: number }
  | { readonly kind: 'killed-before-forward' | 'killed-after-forward' | 'killed-after-reply' }
  /** The poller that waits for the function is killed, so that what was written is never acknowledged by it. */
  | { readonly kind: 'poller-killed-after-reply'; readonly kill: () => void }
  /** Held back until `held` resolves, then forwarded; a process that is frozen stands still meanwhile. */
  | { readonly kind: 'frozen' | 'outrun'; readonly held: Promise<void> };

export interface Heard {
  readonly call: Call;
  readonly fault: InjectedFault['kind'] | undefined;
  /** Of DynamoDB's reply; undefined where none was asked for, or none came. */
  readonly status: number | undefined;
  /** Like `ConditionalCheckFailedException`. */
  readonly error: string | undefined;
}
