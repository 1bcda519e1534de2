/** Redrive on a running localRuntime: real broker, real DynamoDB Local, the deployed bundles, mappings that go on beside it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Kind } from '../../infra/ops/redrive/open-work.ts';
import { type Redrive, redriveLedger, type Selection } from '../../infra/ops/redrive/redrive-ledger.ts';
import { type Addresses, closeTarget, type Target } from '../../infra/ops/redrive/target.ts';
import { formatOffsets } from '../../shared/journal/offsets.ts';
import { aClick } from '../support/builders.ts';
import { BATCH_RECORDS, OperatedRuntime, type Team } from '../support/operated-runtime.ts';
import { prepareRuntimeFolder, root } from '../support/runtime-folder.ts';
import { until } from '../support/until.ts';

const everything: Selection = { kinds: new Set<Kind>(['parked', 'gaps', 'destination']) };

const CREDENTIALS = { accessKeyId: 'a', secretAccessKey: 's' };

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('redrive and replay', { timeout: 600_000 }, () => {
  let running: OperatedRuntime;
  const targets: Target[] = [];
  after(async () => {
    await Promise.all(targets.map(closeTarget));
    await running?.stop();
  });
  const folder = prepareRuntimeFolder({ after });
  before(async () => {
    running = await OperatedRuntime.start(folder);
  });

  async function redrive(
    team: Team,
    apply: boolean,
    selection = everything,
    changed: Partial<Addresses> = {},
  ): Promise<Redrive> {
    const target = running.target(team, changed);
    targets.push(target);
    return redriveLedger(target, selection, {
      apply,
      signal: new AbortController().signal,
      progress: () => {},
    });
  }

  function shapeOf(rows: Redrive['found']): string[] {
    return rows.map(({ partition, what, offsets }) => `${partition} ${what} ${formatOffsets(offsets)}`);
  }

  async function assertExact(team: Team): Promise<void> {
    await running.caughtUp(team);
    const { faults } = await running.audited(team);
    assert.deepEqual(faults, []);
  }

  /** @param given a signal among them kills it */
  function command(name: 'redrive' | 'replay', ...given: (string | AbortSignal)[]): Promise<Ended> {
    return run(name, '--ledger', ...given);
  }

  function run(name: string, ...given: (string | AbortSignal)[]): Promise<Ended> {
    const env = { ...process.env, CLICKLEDGER_FOLDER: folder };
    const file = join(root, 'infra/cli/main.ts');
    const texts = given.filter((each) => typeof each === 'string');
    const signal = given.find((each) => typeof each !== 'string');
    const options = { env, killSignal: 'SIGKILL', ...(signal && { signal }) } as const;
    return new Promise((resolve) =>
      execFile(process.execPath, [file, name, ...texts], options, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      ),
    );
  }

  it('shows gaps in a dry run, closes them beside live traffic, two at once, and the second finds nothing (I1, I2)', async () => {
    await running.produce(0, 30);
    await running.passOver('billing', async () => {
      await running.produce(0, 450);
      await running.produceTransactions(1, 4);
    });
    await running.produce(1, 1);
    await running.caughtUp('billing');
    const [end0 = 0, end1 = 0] = await running.ends();

    const dry = await redrive('billing', false);
    const again = await redrive('billing', false);
    const live = running.produce(0, 300);
    const both = await Promise.all([redrive('billing', true), redrive('billing', true), live]);
    const later = await redrive('billing', true);

    assert.deepEqual(shapeOf(dry.found), ['0 gap 30-479', '1 gap 0,2,4,6', '1 void 1,3,5,7']);
    assert.deepEqual([end0, end1], [480, 9]);
    assert.deepEqual(again, dry);
    assert.deepEqual([both[0].undone, both[1].undone], [[], []]);
    assert.deepEqual([later.found, later.undone], [[], []]);
    await assertExact('billing');
  });

  it('leaves parked what is still refused, and applies it once after a fix (I1)', async () => {
    await running.deploy(
      'billing',
      "{ ...team.fold, click: (state, click, delta) => { if (click.adId === 'ad-13') throw new Error('no'); delta.count(click); } }",
    );
    await running.produce(2, [{ adId: 'ad-13' }, {}, { adId: 'ad-13' }, { priceMicros: 1.5 }]);
    await running.caughtUp('billing');

    const dry = await redrive('billing', false);
    const early = await redrive('billing', true);
    await running.deploy('billing', undefined);
    const fixed = await redrive('billing', true, { kinds: new Set(['parked']), partition: 2, to: 2 });
    const last = await redrive('billing', true);

    const refused = ['2 parked 0,2', '2 parked 3'];
    assert.deepEqual(shapeOf(dry.found), refused);
    assert.deepEqual(
      dry.found.map(({ reason }) => reason),
      ['fold.threw', 'price.integer'],
    );
    assert.deepEqual(shapeOf(early.undone), refused);
    assert.deepEqual([shapeOf(fixed.found), fixed.undone], [['2 parked 0,2'], []]);
    assert.deepEqual(
      last.undone.map(({ reason }) => reason),
      ['it is still refused: price.integer'],
    );
    await assertExact('billing');
  });

  it('accepts what will never count, as a command: nothing names it again, and the audit knows it', async () => {
    const decided = ['--accept', '--parked', '--reason', 'no click', '--who', 'ann'];

    const dry = await command('redrive', 'billing', ...decided);
    const wet = await command('redrive', 'billing', ...decided, '--apply');
    const after = await redrive('billing', false);

    assert.match(dry.stdout, /DRY RUN .* 1 offset open; --apply accepts them: they will never count/);
    assert.deepEqual([dry.code, wet.code], [1, 0], wet.stderr);
    assert.match(wet.stdout, /1 offset accepted, 0 still open/);
    assert.deepEqual(after.found, []);
    await assertExact('billing');
  });

  it('takes from destination documents what retention has removed, and nothing that is not of this log', async () => {
    await running.caughtUp('fraud');
    await running.passOver('fraud', () => running.produce(2, 40));
    await running.produce(2, 5);
    await running.caughtUp('fraud');
    const texts = await running.recordTexts(2, 4, 44);
    await running.deleteBefore(2, 24);
    const destination = running.addresses('fraud').destination;
    mkdirSync(destination !== undefined && 'folder' in destination ? destination.folder : '', {
      recursive: true,
    });
    const { sourceArn, function: name } = running.addresses('fraud');
    const arn = (of: string) => `arn:aws:lambda:eu-west-1:111122223333:function:${of}`;
    const document = (of: string, records: readonly string[]) => ({
      requestContext: {
        requestId: 'r',
        functionArn: arn(of),
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 4,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: '2026-11-21T10:00:00.000Z',
      KafkaBatchInfo: { batchSize: records.length, recordsInfo: { 'ad_clicks-2': { firstRecordOffset: 4 } } },
      payload: `{"eventSource":"aws:kafka","eventSourceArn":${JSON.stringify(sourceArn)},"bootstrapServers":"b","records":{"ad_clicks-2":[${records.join(',')}]}}`,
    });
    const forged = (text = '') => JSON.stringify({ ...JSON.parse(text), value: 'Zm9yZ2Vk' });

    const lost = await redrive('fraud', true, { kinds: new Set(['gaps']), to: 30 });
    running.giveUp('fraud', '1.json', document(name, texts.slice(0, 10)));
    running.giveUp('fraud', '2.json', document(name, texts.slice(5, 36)));
    running.giveUp('fraud', '3.json', document(name, [forged(texts[39])]));
    running.giveUp('fraud', '4.json', document('another', texts));
    running.giveUp('fraud', '5.json', '{"half');
    running.giveUp(
      'fraud',
      '6.json',
      document(
        name,
        texts.map((text) => text.replace(/"offset":(\d+)/, '"offset":"$1"')),
      ),
    );
    running.giveUp('fraud', '7.json', document(name, [texts[0]?.replace('ad_clicks', 'other') ?? '']));
    running.giveUp(
      'fraud',
      '8.json',
      document(name, [texts[0]?.replace('"offset":4', '"offset":4000') ?? '']),
    );
    const dry = await redrive('fraud', false, { kinds: new Set(['destination']) });
    const given = await redrive('fraud', true, { kinds: new Set(['destination']) });
    const rest = await redrive('fraud', true);

    assert.deepEqual(shapeOf(lost.undone), ['2 gone 4-23']);
    assert.match(lost.undone[0]?.reason ?? '', /can't be redriven any more, the log begins at 24/);
    assert.deepEqual(shapeOf(dry.found), ['2 discarded 4-23,31-39']);
    assert.deepEqual(given.undone, []);
    assert.deepEqual([given.documents?.documents, given.documents?.others], [4, 1]);
    assert.deepEqual(
      given.documents?.faulty.map(({ name: file }) => file),
      ['3.json', '5.json', '6.json', '7.json', '8.json'],
    );
    assert.match(given.documents?.faulty[0]?.why ?? '', /holds another record at partition 2 offset 43/);
    assert.deepEqual(
      [shapeOf(rest.found), shapeOf(rest.undone)],
      [['2 gap 40-43', '2 gone 3'], ['2 gone 3']],
    );
    await running.caughtUp('fraud');
    const { faults, partitions } = await running.audited('fraud');
    assert.deepEqual(faults, []);
    assert.equal(partitions[2]?.parked, 1);
    assert.equal(partitions[2]?.applied, 48);
  });

  it('as a command: exit code 1 with what is open, and after a kill in its midst the same again to the end', async () => {
    await running.passOver('billing', () => running.produce(0, 2_000));
    await running.produce(0, 1);
    await running.caughtUp('billing');

    const closed = { endpoint: 'http://127.0.0.1:1', region: 'eu-west-1', credentials: CREDENTIALS };
    await assert.rejects(redrive('billing', true, everything, { lambda: closed }), {
      message: /^function \S+ can't be reached: connect ECONNREFUSED 127\.0\.0\.1:1$/,
    });
    await assert.rejects(redrive('billing', true, everything, { dynamodb: closed }), {
      message: /^table \S+ can't be read: connect ECONNREFUSED 127\.0\.0\.1:1$/,
    });
    const dry = await command('redrive', 'billing', '--gaps', '--json');
    const killed = new AbortController();
    const first = command('redrive', 'billing', '--gaps', '--apply', killed.signal);
    await until(
      'it is in the midst of its work',
      async () => (await running.totals('billing')).openGap < 2_000,
      60_000,
    );
    killed.abort();
    const { code: killedCode } = await first;
    const left = (await running.totals('billing')).openGap;
    const done = await command('redrive', 'billing', '--gaps', '--apply');
    const bad = await command('redrive', 'billing', '--partition', '7');

    assert.equal(dry.code, 1, dry.stderr);
    assert.deepEqual(
      JSON.parse(dry.stdout).found.map((row: { what: string; count: number }) => [row.what, row.count]),
      [['gap', 2_000]],
    );
    assert.ok(Number.isNaN(killedCode) && left > 0, `it ended with ${killedCode} and left ${left}`);
    assert.equal(done.code, 0, done.stderr + done.stdout);
    // The batch in flight at the kill is in its function's hands, and may have been done between the two looks.
    const redriven = Number(
      /([\d,]+) offsets redriven, 0 still open/.exec(done.stdout)?.[1]?.replaceAll(',', ''),
    );
    assert.ok(
      redriven === left || redriven === left - BATCH_RECORDS,
      `${left} were open, and: ${done.stdout}`,
    );
    assert.deepEqual(
      [bad.code, bad.stderr],
      [2, 'clickledger: partition 7 is unknown, ad_clicks has 3: 0 to 2\n'],
    );
    await assertExact('billing');
  });

  it('replays the whole log with no new effect, and tells an open gap apart (I1)', async () => {
    await running.passOver('billing', () => running.produce(0, 7));
    await running.produce(0, 1);
    await running.caughtUp('billing');
    const before = await running.totals('billing');

    const dry = await command('replay', 'billing', '--json');
    const first = await command('replay', 'billing', '--apply', '--json');
    const again = await command('replay', 'billing', '--from-time', '2026-01-01', '--apply');
    const after = await running.totals('billing');

    const rows = JSON.parse(first.stdout).partitions as Record<string, number>[];
    const open = JSON.parse(dry.stdout).partitions.map((row: { open: number }) => row.open);
    assert.deepEqual([dry.code, open], [0, [7, 0, 0]]);
    assert.equal(first.code, 0, first.stdout + first.stderr);
    for (const { records = 0, duplicates, applied, filled = 0 } of rows)
      assert.deepEqual([duplicates, applied], [records - filled, 0]);
    assert.deepEqual(
      rows.map(({ filled }) => filled),
      [7, 0, 0],
    );
    assert.ok((rows[0]?.['records'] ?? 0) > 2_000);
    assert.equal(again.code, 0, again.stdout);
    assert.match(again.stdout, /PASS {2}ledger billing: of \d+ records 0 were counted again, 0 filled gaps/);
    assert.equal(after.clicks - before.clicks, 7n);
    await assertExact('billing');
  });

  it('send: a record of your own has a position, and what became of it in each ledger is said', async () => {
    const click = (more: object) => JSON.stringify({ ...aClick({ clickId: 'mine' }), ...more });
    await running.caughtUp('billing');
    await running.caughtUp('fraud');

    const sent = await run(
      'send',
      '--wait',
      '--json',
      click({ advertiserId: 'mine' }),
      click({ clickId: 'second' }),
    );
    const broken = await run('send', click({ priceMicros: 1.5 }));
    const anyway = await run('send', '--anyway', '--wait', click({ priceMicros: 1.5 }));
    const elsewhere = await run('send', '--topic', 'clicks', click({}));

    const { records: at } = JSON.parse(sent.stdout);
    assert.equal(sent.code, 0, sent.stderr);
    assert.equal(at.length, 2);
    for (const { partition, offset, ledgers } of at) {
      assert.ok(Number.isInteger(partition) && Number.isInteger(offset));
      assert.deepEqual([ledgers.billing.verdict, ledgers.fraud.verdict], ['counted', 'counted']);
    }
    assert.equal(broken.code, 2);
    assert.match(
      broken.stderr,
      /^clickledger: record 1 breaks the contract of ad_clicks: `priceMicros` .*\(price\.integer\); nothing was sent/,
    );
    assert.equal(anyway.code, 1, anyway.stderr);
    assert.match(anyway.stdout, /parked by entry \d+ \(price\.integer\)/);
    assert.match(anyway.stdout, /^billing has parked \d\/\d+: `priceMicros` /m);
    assert.deepEqual(
      [elsewhere.code, elsewhere.stderr],
      [2, "clickledger: topic 'clicks' does not exist, there are ad_clicks, ad_impressions\n"],
    );
  });
});
