/** What a proof is asked for, and what it has seen. */

import type { Findings } from '../../infra/audit/findings.ts';
import type { PartialRetry } from '../../infra/local/mapping/decide.ts';
import type { Events } from './events.ts';
import type { Seen } from './floors.ts';
import type { Profile } from './profile.ts';

export interface ProofOptions {
  readonly profile: Profile;
  readonly seed: number;
  readonly templates: string;
  /** The templates of another release, to be deployed at times. */
  readonly otherRelease: string | undefined;
  /** Everything of the proof is kept here. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Told how far it is, in a line that takes the place of the one before; `say` if it is not given. */
  readonly progress?: (line: string) => void;
  /** Ends as soon as the auditor has found something, who also looks meanwhile. */
  readonly untilFault?: boolean;
  /** Aborted by whoever wants it to end early. */
  readonly signal: AbortSignal;
}

export interface Proof {
  readonly events: Events;
  /** What the mappings delivered again after a partial response. */
  readonly partialRetry: PartialRetry;
  /** By consumer group. */
  readonly ledgers: ReadonlyMap<string, Findings>;
  readonly seen: Seen;
  /** How long it took until nothing was left to read; undefined where it came to a standstill before. */
  readonly healedMs: number | undefined;
  /** A server that was given up, or another thing that nobody broke on purpose. */
  readonly brokeByItself: string | undefined;
}
