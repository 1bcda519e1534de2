/**
 * The local runtime, clicks to feed it, and live lines of what the ledgers hold. Runs until Ctrl-C, or, with --clicks and --exit, until
 * all groups have drained that many; then it audits every ledger and ends with 0 only if all are exact. Whatever
 * happens, it stops what it started.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { formatReport } from '../audit/report.ts';
import { readOwnEndpoints } from '../local/endpoints.ts';
import { getRunFile, removeRunFile } from '../local/run-file.ts';
import { lockRuntime } from '../local/runtime-lock.ts';
import { findPort } from '../local/servers/ports.ts';
import { findStorageFault } from '../local/storage-fault.ts';
import type { ParameterLookup } from '../local/template/scope.ts';
import { synthesizeTemplates } from '../local/template/synthesize.ts';
import { Standstill } from '../ops/standstill.ts';
import { INTERRUPTED } from '../terminal/command.ts';
import { UserError } from '../terminal/user-error.ts';
import { buildExitReport } from './exit-report.ts';
import { Halts } from './halts.ts';
import { LiveDisplay } from './live-display.ts';
import type { LiveGroup } from './live-lines.ts';
import type { StartOptions } from './options.ts';
import { LivePage } from './page/live-page.ts';
import { Throttling } from './page/throttling.ts';
import { Session } from './session.ts';

const LOOK_EVERY_MS = 500;
/** As long as anything progresses a drain is waited for; without any for so long it will not end by itself. */
const STANDSTILL_MS = 120_000;

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = resolve(root, process.env['CLICKLEDGER_FOLDER'] || '.clickledger');

/** Aborted by Ctrl-C, with no reason, or by what makes going on pointless, with that. */
const ending = new AbortController();

function watchForEnd(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  // An error that nobody caught, such as a full disk: everything that was started is still stopped.
  process.on('uncaughtException', (error) => ending.abort(error));
  endWithNpm();
  // The reader of the lines has ended.
  process.stdout.on('error', () => ending.abort());
}

/** npm passes signals on to what it runs (hence `exec` in package.json), but a SIGKILL of npm is seen only by a change of parent. */
function endWithNpm(): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const npm = process.ppid;
  setInterval(() => process.ppid === npm || ending.abort(), LOOK_EVERY_MS).unref();
}

function isInterrupted(): boolean {
  const { aborted, reason } = ending.signal;
  return aborted && reason instanceof Error && reason.name === 'AbortError';
}

interface StartResult {
  readonly exitCode: number;
  /** One JSON object, with --exit; printed after everything has stopped. */
  readonly lastLine: string | undefined;
}

/** Listens to this process's signals and to errors that nobody caught, and may end it. Throws `UserError`. */
export async function runStart(options: StartOptions): Promise<StartResult> {
  watchForEnd();
  try {
    return await run(options);
  } catch (error) {
    throw findStorageFault(error) ?? error;
  }
}

async function run(options: StartOptions): Promise<StartResult> {
  const own = readOwnEndpoints(process.env);
  const unlock = lockRuntime(folder);
  const display = new LiveDisplay(process.stdout);
  const throttling = options.page ? new Throttling() : undefined;
  let session: Session | undefined;
  let page: LivePage | undefined;
  try {
    if (options.pagePort !== undefined) await findPort(options.pagePort, 'the page');
    const say = (line: string) => display.say(line);
    const templates = await synthesizeTemplates({ root, stage: options.stage, folder, say });
    const fail = (error: unknown) => ending.abort(error);
    const { kafkaPort, dynamodbPort, keep, partialRetry, join } = options;
    ending.signal.throwIfAborted();
    session = await Session.start(options, {
      templates,
      folder,
      own,
      kafkaPort,
      dynamodbPort,
      fresh: !keep,
      partialRetry,
      join,
      parameter: createIncarnationLookup(folder, options),
      say,
      fail,
      ...(throttling && { functionsReach: throttling.reach }),
    });
    page = throttling && (await LivePage.start(session, throttling, options.pagePort));
    introduce(session, display, page?.url, options.differences);
    return await watch(session, options, display);
  } catch (error) {
    // Ctrl-C reaches the tools that are waited for as well, and they fail then.
    if (isInterrupted()) return { exitCode: INTERRUPTED, lastLine: undefined };
    throw error;
  } finally {
    display.end();
    if (session !== undefined) {
      console.log('Stopping …');
      await page?.stop();
      await session.stop();
      if (!options.exit)
        console.log(`Stopped. Its data is in ${folder}: npm start -- --keep continues with it.`);
    }
    await throttling?.close();
    removeRunFile(folder);
    unlock();
  }
}

function introduce(
  { localRuntime, groups, topics }: Session,
  display: LiveDisplay,
  url: string | undefined,
  differences: boolean,
): void {
  const { endpoint, region, accessKeyId } = localRuntime.dynamodb;
  if (url !== undefined) display.say(`Open       ${url}`);
  display.say(
    `Kafka      ${localRuntime.kafka.join(',')}   ${topics.length === 1 ? 'topic' : 'topics'} ${topics.join(', ')}`,
  );
  display.say(`DynamoDB   ${endpoint}   region ${region}, access key ${accessKeyId}`);
  for (const { ledger, table, mapping } of groups)
    display.say(`Ledger     ${ledger}: table ${table}, group ${mapping.groupId}`);
  display.say(`All of it, with every process: ${getRunFile(folder)}`);
  for (const note of localRuntime.topicNotes) display.say(`Not as on AWS: ${note}`);
  if (differences) for (const note of localRuntime.notes()) display.say(`Not as on AWS: ${note}`);
  else display.say(`Differs from AWS in ${localRuntime.notes().length} points: --differences lists them.`);
  display.say('Ctrl-C stops all of it.');
  if (url !== undefined) display.keepBelow(`Open       ${url}`);
}

async function watch(session: Session, options: StartOptions, display: LiveDisplay): Promise<StartResult> {
  const halts = new Halts();
  const standstill = new Standstill(STANDSTILL_MS);
  while (!ending.signal.aborted) {
    await session.look();
    const live = session.live();
    display.show(live, Date.now(), session.unread());
    for (const news of halts.news(session.halted())) display.say(news);
    if (options.exit && session.drained()) return report(session, display);
    if (standstill.lasts(progressOf(session, live)) && options.exit)
      throw new UserError(
        `nothing has progressed for ${STANDSTILL_MS / 1000} s: no click was produced, none counted, nothing committed; ${folder}/logs says why`,
      );
    await pause(LOOK_EVERY_MS, undefined, { signal: ending.signal }).catch(() => {});
  }
  if (!isInterrupted()) throw ending.signal.reason;
  return { exitCode: options.exit ? INTERRUPTED : 0, lastLine: undefined };
}

/** What rises or falls while a drain progresses. */
function progressOf({ producer, ends }: Session, live: readonly LiveGroup[]): unknown {
  const ledgers = live.map(({ partitions }) =>
    partitions.map(({ committed, applied, clicks, parked, gaps }) => [
      ...[committed, applied, parked, gaps],
      String(clicks),
    ]),
  );
  return [producer.produced, ends, ledgers];
}

async function report(session: Session, display: LiveDisplay): Promise<StartResult> {
  display.say('Drained. Auditing the ledgers …');
  const audited = await session.audit();
  for (const each of audited) {
    if (each.findings.verdict !== 'pass') for (const line of formatReport(each)) display.say(line);
    if (each.discarded !== undefined) display.say(each.discarded);
  }
  display.end();
  ending.signal.throwIfAborted();
  return buildExitReport(audited);
}

/** As infra/aws publishes it. */
const published = /^\/clickledger\/[^/]+\/[^/]+\/(incarnation|log)$/;

/**
 * The incarnation of the topic here, where it is not the one of the templates. It is kept beside the data for later runs, since going back
 * to an earlier one would count another log into its journals.
 */
export function createIncarnationLookup(
  folder: string,
  { incarnation, keep }: Pick<StartOptions, 'incarnation' | 'keep'>,
): ParameterLookup {
  const file = join(folder, 'incarnation');
  if (incarnation !== undefined) writeFileSync(file, String(incarnation));
  else if (!keep) rmSync(file, { force: true });
  const kept = textOf(file);
  return (name, value) => {
    const fact = published.exec(name)?.[1];
    if (kept === undefined || fact === undefined) return value;
    // Another incarnation given here means that the topic was recreated.
    return fact === 'log' ? 'new' : kept;
  };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
