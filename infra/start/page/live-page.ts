/**
 * The page of `npm start`: reads the session twice a second, sends a picture to every viewer, keeps some minutes for the charts, and does
 * what the buttons ask for. What it keeps is bounded, and without viewers it reads nothing.
 */

import { type BrokerGroupState, GroupStates } from '../../local/group-states.ts';
import { LiveStream } from '../../local/page/live-stream.ts';
import { PageServer } from '../../local/page/page-server.ts';
import type { GroupView, NaiveView, PageView, Sample } from '../../local/page/view.ts';
import type { LiveGroup } from '../live-lines.ts';
import type { Session } from '../session.ts';
import { Auditing, type TopicWorth } from './auditing.ts';
import { Happenings } from './happenings.ts';
import { LogEnds } from './log-ends.ts';
import { PageActions } from './page-actions.ts';
import {
  buildGroupView,
  buildNaiveView,
  buildPageView,
  buildSample,
  buildTopicView,
  findMostTooMuch,
  sumBilled,
} from './picture.ts';
import type { Throttling } from './throttling.ts';
import { type Billed, BilledTotals } from './totals.ts';

const PICTURE_EVERY_MS = 500;
const SAMPLE_EVERY_MS = 1_000;
const SAMPLES_KEPT = 180;
const nothing: Billed = { clicks: 0, micros: 0n };

export class LivePage {
  readonly #session: Session;
  readonly #throttling: Throttling;
  /** By topic. */
  readonly #ends = new Map<string, LogEnds>();
  readonly #totals = new BilledTotals();
  readonly #samples: Sample[] = [];
  readonly #stream: LiveStream;
  readonly #happenings: Happenings;
  readonly #actions: PageActions;
  readonly #auditing: Auditing;
  readonly #watch: GroupWatch;
  readonly #timer: NodeJS.Timeout;
  readonly #brokerIsForeign: boolean;
  #server: PageServer | undefined;
  #naiveBilled: Billed = nothing;
  #tooMuch: Billed | undefined;
  #view: PageView;

  static async start(session: Session, throttling: Throttling, port: number | undefined): Promise<LivePage> {
    const page = new LivePage(session, throttling);
    try {
      page.#server = await PageServer.start({
        port,
        stream: page.#stream,
        act: (asked) => page.#actions.act(asked).finally(() => page.#take()),
      });
      return page;
    } catch (error) {
      await page.stop();
      throw error;
    }
  }

  private constructor(session: Session, throttling: Throttling) {
    this.#session = session;
    this.#throttling = throttling;
    const { localRuntime, topic, groups } = session;
    this.#brokerIsForeign = !localRuntime.children.list().some(({ role }) => role === 'broker');
    this.#stream = new LiveStream(() => [
      { name: 'history', data: { samples: this.#samples, lines: this.#happenings.lines } },
      { name: 'view', data: this.#view },
    ]);
    this.#happenings = new Happenings((data) => this.#stream.send({ name: 'line', data }));
    this.#actions = new PageActions(session, throttling, this.#happenings);
    this.#auditing = new Auditing({
      assignment: {
        kafka: localRuntime.kafka,
        topic,
        groups: groups.map(({ ledger, table, mapping }) => ({ ledger, table, group: mapping.groupId })),
      },
      dynamodb: localRuntime.dynamodb,
      children: localRuntime.children,
    });
    this.#watch = new GroupWatch(
      localRuntime.kafka,
      groups.map(({ mapping }) => mapping.groupId),
    );
    this.#view = this.#picture();
    this.#timer = setInterval(() => this.#take(), PICTURE_EVERY_MS);
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#auditing.stop();
    await this.#server?.close();
    await Promise.all([this.#actions.stop(), this.#watch.stop()]);
  }

  #take(): void {
    const looked = this.#stream.viewers > 0;
    this.#auditing.watch(looked);
    this.#watch.watched = looked;
    void this.#lookAtNaive();
    this.#view = this.#picture();
    this.#happenings.look(this.#view.groups, this.#view.at);
    this.#happenings.lookAtBroker(this.#view.controls.brokerAnswers, this.#view.at);
    const newest = this.#samples.at(-1);
    if (newest === undefined || this.#view.at - newest.at >= SAMPLE_EVERY_MS - PICTURE_EVERY_MS / 2) {
      const sample = buildSample(this.#view);
      this.#samples.push(sample);
      if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift();
      this.#stream.send({ name: 'sample', data: sample });
    }
    this.#stream.send({ name: 'view', data: this.#view });
  }

  #picture(): PageView {
    const { topic, producer } = this.#session;
    const at = Date.now();
    for (const name of this.#session.topics) this.#endsOf(name).note(at, this.#session.endsOf(name));
    const { rate, heated = false } = producer.pace;
    const live = this.#session.live();
    const setAside = live
      .flatMap(({ partitions }) => partitions)
      .reduce((sum, { parked }) => sum + parked, 0);
    const records = this.#session.ends.reduce((sum, end) => sum + end, 0);
    const { billed, worth } = this.#billed(live, at);
    return buildPageView({
      at,
      topic: buildTopicView(topic, this.#endsOf(topic), worth),
      unread: this.#session.unread(),
      groups: this.#groupViews(live, billed, at),
      verdict: this.#auditing.verdict(at, { records, setAside }),
      controls: {
        rate,
        rateAtFirst: this.#actions.rateAtFirst,
        heated,
        throttled: this.#throttling.on,
        brokerIsForeign: this.#brokerIsForeign,
        brokerAnswers: this.#watch.brokerAnswers,
        naive: this.#actions.naive !== undefined,
      },
      naive: this.#naiveView(billed, worth),
    });
  }

  /** By group, the naive among them; and what the log is worth, if what was billed just before is known. */
  #billed(
    live: readonly LiveGroup[],
    at: number,
  ): { billed: ReadonlyMap<string, Billed>; worth: TopicWorth | undefined } {
    const now = new Map(live.map((group) => [group.groupId, sumBilled(group)]));
    const { naive } = this.#actions;
    if (naive !== undefined) now.set(naive.id, this.#naiveBilled);
    this.#totals.note(at, now);
    const { worth } = this.#auditing;
    const then = worth && this.#totals.before(worth.asOf);
    return then === undefined ? { billed: now, worth: undefined } : { billed: then, worth };
  }

  #naiveView(billed: ReadonlyMap<string, Billed>, worth: TopicWorth | undefined): NaiveView | undefined {
    const { naive } = this.#actions;
    const own = naive && (billed.get(naive.id) ?? nothing);
    this.#tooMuch = own && findMostTooMuch(this.#tooMuch, own, worth);
    return naive && own && buildNaiveView(naive, own, this.#tooMuch);
  }

  #endsOf(topic: string): LogEnds {
    const ends = this.#ends.get(topic) ?? new LogEnds();
    this.#ends.set(topic, ends);
    return ends;
  }

  #groupViews(live: readonly LiveGroup[], billed: ReadonlyMap<string, Billed>, at: number): GroupView[] {
    return this.#session.groups.flatMap(({ ledger, mapping }, i) => {
      const pollers = this.#session.localRuntime.pollersOf(mapping);
      const { frozen, paused } = this.#actions.group(mapping.groupId);
      const of = live[i];
      if (of === undefined) return [];
      const facts = {
        live: of,
        ledger,
        generation: pollers.generation,
        members: pollers.members(),
        frozen,
        paused,
        billed: billed.get(mapping.groupId) ?? nothing,
        duplicates: this.#session.localRuntime.metric(mapping.functionId, 'Duplicates'),
        watch: this.#watch.of(mapping.groupId),
      };
      return [buildGroupView(facts, this.#endsOf(mapping.topic), at)];
    });
  }

  async #lookAtNaive(): Promise<void> {
    const { naive } = this.#actions;
    if (naive === undefined) this.#naiveBilled = nothing;
    else this.#naiveBilled = await naive.totals().catch(() => this.#naiveBilled);
  }
}

interface Watched {
  state: BrokerGroupState | undefined;
  since: number | undefined;
  lastMs: number | undefined;
}

const ASK_EVERY_MS = 250;

/** Asks the broker, while somebody looks, whether each group rebalances, and since when. */
class GroupWatch {
  readonly #states: GroupStates;
  readonly #groups = new Map<string, Watched>();
  readonly #timer: NodeJS.Timeout;
  #asking = false;
  #answers: boolean | undefined;
  watched = false;

  constructor(bootstrap: readonly string[], groups: readonly string[]) {
    this.#states = new GroupStates(bootstrap);
    for (const group of groups)
      this.#groups.set(group, { state: undefined, since: undefined, lastMs: undefined });
    this.#timer = setInterval(() => void this.#ask(), ASK_EVERY_MS);
  }

  of(group: string): Pick<GroupView, 'state' | 'rebalancingSince' | 'lastRebalanceMs'> {
    const { state, since, lastMs } = this.#groups.get(group) ?? {
      state: undefined,
      since: undefined,
      lastMs: undefined,
    };
    return { state: state ?? 'unknown', rebalancingSince: since, lastRebalanceMs: lastMs };
  }

  /** Whether the broker answered the newest request; undefined before the first. */
  get brokerAnswers(): boolean | undefined {
    return this.#answers;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#states.close().catch(() => {});
  }

  async #ask(): Promise<void> {
    if (this.#asking || !this.watched) return;
    this.#asking = true;
    await Promise.all(Array.from(this.#groups, ([group, watched]) => this.#askFor(group, watched)));
    this.#answers = [...this.#groups.values()].some(({ state }) => state !== undefined);
    this.#asking = false;
  }

  async #askFor(group: string, watched: Watched): Promise<void> {
    watched.state = await this.#states.stateOf(group);
    if (watched.state === 'rebalancing') watched.since ??= Date.now();
    else if (watched.since !== undefined && watched.state !== undefined) {
      watched.lastMs = Date.now() - watched.since;
      watched.since = undefined;
    }
  }
}
