/** Which action comes next while clicks flow: by the seed, one after the other, most of them at the same time as others. */
import type { Seeded } from '../../infra/local/seeded.ts';
import type { Actions } from './actions.ts';
import type { Events } from './events.ts';
import { type ActionName, actionFor, actionWeights, type Floors } from './profile.ts';
import type { Work } from './scene.ts';

/** Of so many actions, one is the next of all in turn; more of them until each has happened once. */
const IN_TURN_EVERY = 5;
const FIRST_IN_TURN_EVERY = 2;
const OVERDUE_EVERY = 2;
const ACTIONS_AT_A_TIME = 4;
const PROGRESS_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 50;
/** What takes a server away holds up all the rest, so it gets no turn of its own after the first. */
const SELDOM = 0.1;

export interface Chaos {
  readonly actions: Actions;
  readonly work: Pick<Work, 'begin' | 'wait' | 'allEnded' | 'until'>;
  readonly random: Seeded;
  readonly events: Pick<Events, 'count'>;
  /** Floors that should have been reached by now. */
  readonly overdue: () => readonly (keyof Floors)[];
}

/** Resolves when the faults have ended and every process that was frozen runs again. */
export async function causeFaults(chaos: Chaos): Promise<void> {
  const { actions, work, random } = chaos;
  const names = Object.keys(actionWeights) as ActionName[];
  let turn = random.shuffled(names);
  let every = FIRST_IN_TURN_EVERY;
  for (let n = 0; !work.until.aborted; n++) {
    if (turn.length === 0) {
      turn = random.shuffled(names.filter((name) => actionWeights[name] > SELDOM));
      every = IN_TURN_EVERY;
    }
    const inTurn = n % every === 0 ? turn.pop() : undefined;
    const overdue = inTurn === undefined && n % OVERDUE_EVERY === 1 ? pickOverdue(chaos) : undefined;
    const name = inTurn ?? overdue ?? random.weighted(actionWeights);
    work.begin(name, actions[name]());
    await work.wait(random.between(60, 320));
    if (n % ACTIONS_AT_A_TIME === 0) await waitForCommit(chaos);
  }
  await work.allEnded();
}

function pickOverdue({ random, overdue }: Chaos): ActionName | undefined {
  return random.pick(overdue().flatMap((floor) => actionFor[floor] ?? []));
}

/** On a slow machine too, something has to be written between the faults for them to meet. */
async function waitForCommit({ events, work }: Chaos): Promise<void> {
  const before = events.count('committed');
  const latest = performance.now() + PROGRESS_WITHIN_MS;
  while (events.count('committed') === before && performance.now() < latest && !work.until.aborted)
    await work.wait(LOOK_EVERY_MS);
}
