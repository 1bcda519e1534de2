/**
 * Fourth stage, the write path: one delivery of a partition becomes entries of its journal, or is known to stand there.
 *
 *   head ──► which records are fresh ──► fold ──► entry at head.version + 1 ──► put if none stands there
 *     ▲                                                                             │
 *     └──────── another stands there: it is the head now ◄──────────────────────────┘
 *
 * Versions are dense and each is put once, so the entries form one chain, each computed from exactly the state that its
 * predecessor left (I3, I4). An offset that one entry resolved is in the state of all later ones, so it is never fresh
 * again (I1). Owners, batch boundaries, clocks and code versions play no part: a lost reply, a zombie, a second
 * mapping, a replay and a redrive all end in this loop. A partition is done only when the loop has seen it so (I7).
 */
import type { Clock } from '../clock.ts';
import type { ProducerTimes } from '../config.ts';
import { readTime } from '../contract/decode.ts';
import { checkTimes, type Decoder } from '../contract/decode-batch.ts';
import { AppError } from '../errors.ts';
import type { Delivery } from '../event/event.ts';
import type { Counting } from '../fold/count.ts';
import type { Fold } from '../fold/fold.ts';
import type { GroupSpec } from '../group.ts';
import { assertExplained, type Beginning } from './beginnings.ts';
import { type Entry, findSettled, type Head, type Parked, type Provenance } from './journal.ts';
import { type Ledger, NOT_OPEN, putEntry, readHead } from './journal-store.ts';
import { buildNextEntry, type Draft, type Rules } from './next-entry.ts';
import { countOffsets, hasOffset, noOffsets, subtractOffsets, uniteOffsets } from './offsets.ts';
import { listNewlyParked, listOpenParked } from './parked-items.ts';

export interface Writer<S> {
  readonly ledger: Ledger;
  readonly group: Pick<GroupSpec, 'ledger' | 'offsets' | 'rejects' | 'retry'>;
  readonly decoder: Decoder;
  readonly counting: Counting;
  readonly fold: Fold<S>;
  readonly clock: Clock;
  /** Names the deployed code in every entry. */
  readonly code: string;
  /** Where producers stamp the records: how far their clocks are believed. */
  readonly producerTimes?: ProducerTimes | undefined;
  /** What is known where a journal begins; undefined where no journal of another incarnation can exist. */
  readonly beginning?: Beginning | undefined;
}

interface Invocation {
  /** Unique to this invocation: it tells an entry of our own from another's after a lost reply. */
  readonly request: string;
  /** Epoch milliseconds after which no further attempt is begun. */
  readonly deadline: number;
  /** Ends requests that are still under way at the deadline. */
  readonly signal: AbortSignal | undefined;
  /** Apply parked records too (the operator's redrive). */
  readonly unpark: boolean;
  /** Park what is rejected, whatever its share (the operator's redrive). */
  readonly park?: boolean;
  /** An operator has chosen the records: what lies between them was not read past. */
  readonly chosen?: boolean;
}

/** What became of a delivery. A failed one may have put entries all the same: what stands, stands. */
export interface Outcome {
  /** Records that the folds of this invocation's entries took. */
  applied: number;
  parked: number;
  /** Offsets that entries of this invocation accepted as never to be counted. */
  accepted: number;
  /** Records that entries of this invocation resolved, parked ones included. */
  resolved: number;
  /** Records that were resolved already. */
  duplicates: number;
  entries: number;
  /** Puts that met another entry. */
  conflicts: number;
  failure: AppError | undefined;
}

const BACKOFF_MS_MIN = 25;
const BACKOFF_MS_MAX = 1_000;

/** Begins to read the head of a delivery's journal, so that the reply travels while the records are decoded. */
export function startHead<S>(
  writer: Writer<S>,
  journal: string,
  delivery: Delivery,
  signal?: AbortSignal,
): Promise<Head> {
  const newest = delivery.records.reduce(
    (latest, record) => Math.max(latest, readTime(record)),
    writer.clock.now(),
  );
  const head = readHead(writer.ledger, journal, newest, signal);
  head.catch(() => {}); // It is awaited, and its failure met, in the loop below.
  return head;
}

/** @param started the head as `startHead` gave it */
export async function applyDelivery<S>(
  writer: Writer<S>,
  journal: string,
  delivery: Delivery,
  invocation: Invocation,
  started: Promise<Head>,
): Promise<Outcome> {
  const { clock } = writer;
  const outcome: Outcome = {
    applied: 0,
    parked: 0,
    accepted: 0,
    resolved: 0,
    duplicates: 0,
    entries: 0,
    conflicts: 0,
    failure: undefined,
  };
  const decoded = checkTimes(writer.decoder.decodeBatch(delivery.records), writer.producerTimes, clock.now());
  const by = (): Provenance => ({
    code: writer.code,
    request: invocation.request,
    at: new Date(clock.now()).toISOString(),
  });
  let next: Promise<Head> | undefined = started;
  let head: Head | undefined;
  let open: Rules<S>['open'] | undefined;
  let sent: Draft | undefined;
  let cause: unknown;
  for (let attempt = 0; clock.now() < invocation.deadline; ) {
    try {
      head ??= await (next ?? startHead(writer, journal, delivery, invocation.signal));
      next = undefined;
      if (head.state.version === 0 && writer.beginning !== undefined)
        await assertExplained(writer.ledger, journal, writer.beginning, clock.now());
      if (sent !== undefined && isOurs(head, sent, invocation)) count(outcome, sent);
      sent = undefined;
      open ??= await openIn(writer.ledger, journal, delivery, invocation);
      const draft = buildNextEntry(head.state, decoded, {
        ...rulesOf(writer, delivery, invocation),
        open,
        isLate: () => clock.now() >= invocation.deadline,
        by: by(),
      });
      if (draft === undefined) return finished(outcome, delivery);
      sent = draft;
      const standing = await putEntry(writer.ledger, journal, draft.entry, clock.now(), invocation.signal);
      if (standing !== undefined) outcome.conflicts += 1;
      if (standing === NOT_OPEN) open = undefined;
      else if (standing === undefined) open = withoutSettled(open, draft.entry);
      const newest = standing === undefined ? draft.entry : standing;
      head = newest === NOT_OPEN ? undefined : { state: newest.state, request: newest.by.request };
      attempt = 0;
    } catch (error) {
      if (error instanceof AppError) return { ...outcome, failure: error };
      if (isRefusal(error)) return { ...outcome, failure: refused(journal, error) };
      cause = error;
      head = undefined;
      next = undefined;
      attempt += 1;
      await clock.sleep(clock.random() * Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** attempt));
    }
  }
  return {
    ...outcome,
    failure: new AppError('table.deadline', `${journal} after ${outcome.entries} entries`, cause),
  };
}

function rulesOf<S>(
  { group, fold, counting, producerTimes }: Writer<S>,
  { empty = noOffsets, accept }: Delivery,
  { unpark, park = false, chosen = false }: Invocation,
): Omit<Rules<S>, 'open' | 'isLate' | 'by'> {
  // What is tried only so often would leave with its honest neighbours: rather park the bad ones.
  const parks = park || unpark || group.retry.until === 'spent';
  return {
    group,
    fold,
    counting,
    empty,
    accept,
    producerTimes: producerTimes !== undefined,
    park: parks,
    delivered: !(park || unpark || chosen),
  };
}

/** Only an operator's delivery asks for parked records. They may be settled meanwhile: the put finds out. */
async function openIn(
  ledger: Ledger,
  journal: string,
  { records, accept }: Delivery,
  { unpark }: Invocation,
): Promise<Rules<unknown>['open']> {
  const wanted = [...(unpark ? records.map(({ offset }) => offset) : []), ...(accept?.offsets ?? [])];
  if (wanted.length === 0) return nothingOpen;
  await listNewlyParked(ledger, journal);
  const open = new Map<number, Parked>();
  const [from, to] = [wanted.reduce((a, b) => Math.min(a, b)), wanted.reduce((a, b) => Math.max(a, b))];
  for await (const parked of listOpenParked(ledger, journal, from, to)) open.set(parked.offset, parked);
  return open;
}

const nothingOpen: Rules<unknown>['open'] = new Map();

function withoutSettled(open: Rules<unknown>['open'], { changed }: Entry): Rules<unknown>['open'] {
  if (open.size === 0) return open;
  const settled = findSettled(changed);
  return new Map([...open].filter(([offset]) => !hasOffset(settled, offset)));
}

/** Our put stands, whether its reply came, was lost, or turned into a refusal by a retry of the SDK. */
function isOurs(head: Head, sent: Draft, invocation: Invocation): boolean {
  return head.request === invocation.request && head.state.version === sent.entry.state.version;
}

function count(outcome: Outcome, draft: Draft): void {
  outcome.applied += draft.applied;
  outcome.parked += draft.entry.changed.parked.length;
  outcome.entries += 1;
  const { changed } = draft.entry;
  const { offsets, accepted } = changed;
  outcome.accepted += countOffsets(accepted?.offsets ?? noOffsets);
  outcome.resolved +=
    countOffsets(subtractOffsets(offsets, uniteOffsets(changed.void, accepted?.offsets ?? noOffsets))) +
    countOffsets(changed.unparked);
}

function finished(outcome: Outcome, delivery: Delivery): Outcome {
  return { ...outcome, duplicates: delivery.records.length - outcome.resolved };
}

function refused(journal: string, error: unknown): AppError {
  return new AppError(
    'table.refused',
    `${journal}: ${error instanceof Error ? error.message : String(error)}`,
    error,
  );
}

/** Errors of DynamoDB that the same request will meet again; all others may pass, or their outcome is unknown. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && refusals.has(error.name);
}

const refusals = new Set([
  'AccessDeniedException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'ItemCollectionSizeLimitExceededException',
  'MissingAuthenticationTokenException',
  'ResourceNotFoundException',
  'SerializationException',
  'UnrecognizedClientException',
  'ValidationException',
]);
