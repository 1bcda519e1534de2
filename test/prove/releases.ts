/**
 * Deploys while clicks flow: functions get the code of another release, or a clock that is wrong. The other release is the
 * application with test/prove/releases/another-fold.patch on it: it carries other state, writes its lines in another order, flags
 * and refuses other clicks; what a click costs is the same, since the contract of the click says it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createSecretLookup } from '../../infra/local/secrets.ts';
import type { PlannedFunction } from '../../infra/local/template/planned.ts';
import { readPlan } from '../../infra/local/template/read-plan.ts';
import type { Action, Arena } from './arena.ts';

const HOUR_MS = 3_600_000;
const CLOCKS_OFF_BY_MS = [-400 * 24, -26, -1, 1, 26, 60 * 24].map((hours) => hours * HOUR_MS);

export interface ReleaseOptions {
  /** Where the other release was synthesized. */
  readonly other: string;
  readonly folder: string;
}

export function releaseFaults(arena: Arena, { other, folder }: ReleaseOptions) {
  const { ground, random, events } = arena;
  const secrets = createSecretLookup(join(folder, 'data', 'secrets.json'));
  const plan = readPlan(other, { secrets });
  const released = new Map(plan.functions.map((planned) => [planned.id, planned]));
  const isOther = new Map<string, boolean>();
  return {
    async deploy(): Promise<void> {
      const deployed = random.pick(ground.plan.functions) as PlannedFunction;
      const toOther = !(isOther.get(deployed.id) ?? false);
      isOther.set(deployed.id, toOther);
      const { file, environment } = (toOther ? released.get(deployed.id) : undefined) ?? deployed;
      ground.sandboxesOf(deployed.id).useBundle(file, environment);
      events.add('deployed', { what: `${deployed.name} ${toOther ? 'the other release' : 'back'}` });
    },

    /** Half of the sandboxes that start from now on have it. */
    async misleadClocks(): Promise<void> {
      const { functionId } = arena.mapping();
      const deployed = ground.functionOf(functionId);
      const offBy = random.pick(CLOCKS_OFF_BY_MS) as number;
      const file = withClockOff(deployed, offBy, join(folder, 'clocks'));
      isOther.set(functionId, false);
      ground.sandboxesOf(functionId).useBundle(file, deployed.environment);
      events.add('clocks off', { what: `${deployed.name} by ${offBy / HOUR_MS} h` });
    },
  } satisfies Record<string, Action>;
}

/** A file that sets the clock of its process wrong, then is the function's own bundle. */
export function withClockOff({ file, handler }: PlannedFunction, offByMs: number, folder: string): string {
  const exported = handler.slice(handler.lastIndexOf('.') + 1);
  const text = `if (process.pid % 2 === 0) {
  const { now } = Date;
  const wrong = () => now() + ${offByMs};
  globalThis.Date = new Proxy(Date, {
    construct: (Clock, given) => (given.length === 0 ? new Clock(wrong()) : new Clock(...given)),
    get: (Clock, name) => (name === 'now' ? wrong : Reflect.get(Clock, name)),
  });
}
const bundle = await import(${JSON.stringify(pathToFileURL(file).href)});
const { ${exported} } = bundle;
export { ${exported} };
`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const written = join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.mjs`);
  writeFileSync(written, text);
  return written;
}
