/** What the page's buttons do. Each has its counterpart in `clickledger prove`, where nobody watches and an auditor judges. */
import { killProcess } from '../../local/children.ts';
import { Poison } from '../../local/faults/poison.ts';
import { type Action, readAction } from '../../local/page/actions.ts';
import { NaiveGroup } from '../../local/page/naive/naive-group.ts';
import { Refused } from '../../local/page/page-server.ts';
import { sendDoubleClick } from '../../local/producer/double-click.ts';
import type { Pace } from '../../local/producer/producer-process.ts';
import { Seeded } from '../../local/seeded.ts';
import type { Session } from '../session.ts';
import { GroupActions } from './group-actions.ts';
import type { Happenings } from './happenings.ts';
import type { Throttling } from './throttling.ts';

const POISON_AT_ONCE = 5;
/** What adds records to the log. */
const WRITING: ReadonlySet<Action['action']> = new Set([
  'send-poison',
  'send-duplicate',
  'set-rate',
  'heat-key',
]);

export class PageActions {
  readonly #session: Session;
  readonly #throttling: Throttling;
  readonly #happenings: Happenings;
  readonly #groups: ReadonlyMap<string, GroupActions>;
  readonly #paceAtFirst: Pace;
  #poison: Poison | undefined;
  #naive: NaiveGroup | undefined;
  #naiveChanges = false;

  constructor(session: Session, throttling: Throttling, happenings: Happenings) {
    this.#session = session;
    this.#throttling = throttling;
    this.#happenings = happenings;
    this.#paceAtFirst = session.producer.pace;
    this.#groups = new Map(
      session.groups.map(({ mapping }) => [
        mapping.groupId,
        new GroupActions(session.localRuntime, mapping, happenings),
      ]),
    );
  }

  /** Clicks a second that the run was started with. */
  get rateAtFirst(): number | undefined {
    return this.#paceAtFirst.rate;
  }

  get naive(): NaiveGroup | undefined {
    return this.#naive;
  }

  group(id: string): GroupActions {
    const group = this.#groups.get(id);
    if (group === undefined)
      throw new Refused(`there is no group '${id}'; there are ${[...this.#groups.keys()].join(', ')}`);
    return group;
  }

  /** Says what was done. */
  async act(asked: unknown): Promise<string> {
    const action = readAction(asked);
    return 'group' in action ? this.#actOnGroup(action) : this.#actOnAll(action);
  }

  async stop(): Promise<void> {
    await this.#naive?.stop();
    await this.#poison?.close().catch(() => {});
  }

  /** A fault in a process of a real group is repeated in one of the naive consumer. */
  async #actOnGroup(action: Extract<Action, { group: string }>): Promise<string> {
    const group = this.group(action.group);
    switch (action.action) {
      case 'kill-function':
        this.#killNaive();
        return group.killFunction();
      case 'kill-poller':
        this.#killNaive();
        return group.killPoller(action.poller);
      case 'freeze-poller':
        return group.freeze(action.poller);
      case 'thaw-poller':
        return group.thaw(action.poller);
      case 'add-poller':
        return group.add();
      case 'remove-poller':
        return group.remove();
      case 'replay':
        refuseFor(this.#session.forgetsNothing);
        return group.replay();
      case 'pause-group':
        return action.on ? group.pause() : group.resume();
    }
  }

  async #actOnAll(action: Exclude<Action, { group: string }>): Promise<string> {
    if (WRITING.has(action.action)) refuseFor(this.#session.writesNothing);
    switch (action.action) {
      case 'restart-broker':
        return this.#restartBroker();
      case 'throttle':
        this.#throttling.on = action.on;
        return this.#say(
          'throttle',
          action.on ? 'DynamoDB refuses nine of ten requests' : 'DynamoDB answers again',
        );
      case 'send-poison':
        return this.#sendPoison();
      case 'send-duplicate':
        return this.#sendDuplicate();
      case 'set-rate':
        return this.#setPace({ ...this.#session.producer.pace, rate: action.rate });
      case 'heat-key':
        return this.#setPace({ ...this.#session.producer.pace, heated: action.on });
      case 'without-clickledger':
        return this.#switchNaive(action.on);
      case 'reset':
        return this.#reset();
    }
  }

  #restartBroker(): string {
    const broker = this.#session.localRuntime.children.list().find(({ role }) => role === 'broker');
    if (broker === undefined)
      throw new Refused(
        'the broker was not started here (CLICKLEDGER_KAFKA), or starts at this moment: it is not killed',
      );
    killProcess(broker.pid);
    return this.#say(
      'killed',
      `the Kafka broker (pid ${broker.pid}) is killed; it is started again on its data, which takes some seconds`,
    );
  }

  async #sendPoison(): Promise<string> {
    const { localRuntime, topic, partitions } = this.#session;
    this.#poison ??= new Poison(localRuntime.kafka, topic, partitions, new Seeded(Date.now()));
    await this.#poison.send(POISON_AT_ONCE);
    return this.#say('poison', `${POISON_AT_ONCE} records that are no clicks were sent`);
  }

  async #sendDuplicate(): Promise<string> {
    const offsets = await sendDoubleClick(this.#session.localRuntime.kafka, this.#session.topic);
    return this.#say(
      'duplicate',
      `one click was sent as two records (partition 0, offsets ${offsets.join(' and ')}): two positions, so both are counted; only an idempotent producer prevents that`,
    );
  }

  #setPace(pace: Pace): string {
    this.#session.producer.setPace(pace);
    const rate =
      pace.rate === undefined
        ? 'as many clicks as possible'
        : `${pace.rate.toLocaleString('en')} clicks a second`;
    return this.#say('pace', pace.heated === true ? `${rate}, and as many again of one advertiser` : rate);
  }

  async #switchNaive(on: boolean): Promise<string> {
    if (this.#naiveChanges) throw new Refused('it is changing at this moment: try again in a second');
    if (on === (this.#naive !== undefined)) throw new Refused(on ? 'it runs already' : 'it does not run');
    this.#naiveChanges = true;
    try {
      if (on) await this.#startNaive();
      else await this.#stopNaive();
    } finally {
      this.#naiveChanges = false;
    }
    return this.#say(
      'naive',
      on
        ? 'a consumer without Clickledger reads from the start of the log'
        : 'the consumer without Clickledger is gone, and its table',
    );
  }

  async #startNaive(): Promise<void> {
    const { localRuntime, topic } = this.#session;
    const { kafka: bootstrap, dynamodb: direct, children, logFolder } = localRuntime;
    const reached = this.#throttling.reached ?? direct;
    const failed = (why: string) => void this.#say('naive', why);
    this.#naive = await NaiveGroup.start({ bootstrap, topic, direct, reached, children, logFolder, failed });
  }

  async #stopNaive(): Promise<void> {
    const naive = this.#naive;
    this.#naive = undefined;
    await naive?.stop();
  }

  #killNaive(): void {
    if (this.#naive?.kill() === true)
      this.#happenings.add('killed', undefined, 'the consumer without Clickledger is killed as well');
  }

  async #reset(): Promise<string> {
    this.#throttling.on = false;
    this.#session.producer.setPace(this.#paceAtFirst);
    for (const group of this.#groups.values()) await group.reset();
    if (this.#naive !== undefined && !this.#naiveChanges) await this.#stopNaive();
    return this.#say('reset', 'everything is as it was at the start; the ledgers stay');
  }

  #say(kind: string, says: string): string {
    this.#happenings.add(kind, undefined, says);
    return says;
  }
}

function refuseFor(reason: string | undefined): void {
  if (reason !== undefined) throw new Refused(reason);
}
