/** The end of a proof: all has to be caught up, the auditor judges every ledger at rest, then once more after each aftermath. */
import { type AuditFault, Findings } from '../../infra/audit/findings.ts';
import { type Aftermath, topicRecreated, weeksPass } from './aftermath.ts';
import type { Arena } from './arena.ts';
import type { Load } from './load.ts';
import { healed, judged } from './measures.ts';
import type { ProofOptions } from './proof.ts';
import { type Operated, redriveNow } from './redrives.ts';

interface Judged {
  /** By consumer group. */
  readonly ledgers: ReadonlyMap<string, Findings>;
  readonly healedMs: number | undefined;
  /** Counted by the ledger that has least. */
  readonly records: number;
  /** What an aftermath could not do. */
  readonly failed: string | undefined;
}

type Faults = ReadonlyMap<string, readonly AuditFault[]>;

export class Judging {
  readonly #parts: Operated & { readonly arena: Arena; readonly load: Load };
  readonly #options: Pick<ProofOptions, 'profile' | 'signal' | 'say'>;

  constructor(
    parts: Operated & { readonly arena: Arena; readonly load: Load },
    options: Pick<ProofOptions, 'profile' | 'signal' | 'say'>,
  ) {
    this.#parts = parts;
    this.#options = options;
  }

  /** @param meanwhile what was found while faults fell */
  async judge(meanwhile: Faults, broke: () => string | undefined): Promise<Judged> {
    const { profile, signal } = this.#options;
    let healedMs = await this.#healed();
    const ledgers = await this.#judged(new Map(), healedMs !== undefined);
    for (const [group, faults] of meanwhile) accuse(ledgers.get(group), 'meanwhile', faults);
    const records = Math.min(...Array.from(ledgers.values(), recordsIn));
    let failed: string | undefined;
    for (const aftermath of [weeksPass, ...(profile.recreates ? [topicRecreated] : [])]) {
      const well = Array.from(ledgers.values()).every(({ faults }) => faults.length === 0);
      if (!well || healedMs === undefined || (failed ?? broke()) !== undefined || signal.aborted) break;
      failed = await this.#suffer(aftermath);
      if ((await this.#healed()) === undefined) healedMs = undefined;
      for (const [group, { faults }] of await this.#judged(ledgers, healedMs !== undefined))
        accuse(ledgers.get(group), aftermath.name, faults);
    }
    return { ledgers, healedMs, records, failed };
  }

  async #suffer({ name, happen }: Aftermath): Promise<string | undefined> {
    this.#options.say(`Then ${name} …`);
    return await happen(this.#parts.arena, this.#parts.load);
  }

  async #healed(): Promise<number | undefined> {
    const { profile, signal, say } = this.#options;
    const { ground } = this.#parts;
    const redrive = async () => {
      for (const mapping of ground.plan.mappings) await redriveNow(this.#parts, mapping, signal);
    };
    const healedMs = await healed(ground, { standstillMs: profile.standstillMs, signal, redrive });
    for (const mapping of healedMs === undefined ? ground.plan.mappings : [])
      say(`${mapping.groupId}: ${JSON.stringify([...ground.owned(mapping)])}`);
    return healedMs;
  }

  /**
   * @param before what is to be there still
   * @param atRest whether all has been caught up; else it is known what is missing
   */
  async #judged(before: ReadonlyMap<string, Findings>, atRest: boolean): Promise<Map<string, Findings>> {
    const { ground } = this.#parts;
    this.#options.say('Reading the log and the ledgers by other code …');
    const ledgers = new Map<string, Findings>();
    for (const mapping of ground.plan.mappings) {
      const since = before.get(mapping.groupId)?.journals;
      ledgers.set(mapping.groupId, await judged(ground, mapping, { atRest, since }));
    }
    return ledgers;
  }
}

/** Where faults were found meanwhile, and no more is asked. */
export function unhealed(meanwhile: Faults): Judged {
  const ledgers = new Map(Array.from(meanwhile.keys(), (group) => [group, new Findings()] as const));
  for (const [group, faults] of meanwhile) accuse(ledgers.get(group), 'meanwhile', faults);
  return { ledgers, healedMs: undefined, records: 0, failed: undefined };
}

function accuse(findings: Findings | undefined, when: string, faults: readonly AuditFault[]): void {
  for (const { kind, journal, what } of faults) findings?.add(kind, journal, `${when}: ${what}`);
}

function recordsIn({ partitions }: Findings): number {
  return partitions.reduce((sum, { applied, parked }) => sum + applied + parked, 0);
}
