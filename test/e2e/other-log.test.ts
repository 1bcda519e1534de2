/**
 * The log is another than the one that was counted (I10), on a real broker: a tail that was cut off and written anew, a topic made
 * anew under its name, and, as it grows, a topic that gets another partition.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Admin } from '@platformatic/kafka';
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import type { RunFile } from '../../infra/local/run-file.ts';
import { openLedger } from '../../infra/ops/ledger-view.ts';
import { readStatement, wholePeriod } from '../../shared/statement/statement.ts';
import { aClick } from '../support/builders.ts';
import { cutTail } from '../support/cut-tail.ts';
import { KafkaView } from '../support/kafka-view.ts';
import { send } from '../support/local-broker.ts';
import { RunningStart } from '../support/running-start.ts';
import { furnished, prepareRuntimeFolder, root } from '../support/runtime-folder.ts';

const TOPIC = 'ad_clicks';
const GROUPS = ['billing-service', 'fraud-service'];
const CLICKS = 3_000;

interface AuditedPartition {
  readonly journal: string;
  readonly applied: number;
  readonly logEnd: number;
}

class LocalRuntime {
  readonly start: RunningStart;
  readonly view: KafkaView;
  readonly #run: RunFile;
  readonly #admin: Admin;

  static async of(folder: string, ...given: string[]): Promise<LocalRuntime> {
    const start = new RunningStart({ folder, given });
    return new LocalRuntime(start, await start.running());
  }

  private constructor(start: RunningStart, run: RunFile) {
    this.start = start;
    this.#run = run;
    this.view = new KafkaView(run.kafka);
    this.#admin = new Admin({
      clientId: 'test',
      bootstrapBrokers: [run.kafka],
      retries: 10,
      retryDelay: 200,
    });
  }

  async drained(partitions: number): Promise<void> {
    await this.start.until(
      'both groups have committed the whole log',
      async () => {
        const ends = await this.view.ends(TOPIC, partitions);
        const all = await Promise.all(GROUPS.map((group) => this.view.committed(group, TOPIC)));
        return all.every((committed) => committed.join() === ends.join());
      },
      90_000,
    );
  }

  /** Clicks into one partition. */
  async click(partition: number, count: number): Promise<void> {
    const values = Array.from({ length: count }, (_, n) => aClick({ clickId: `more-${partition}-${n}` }));
    await send(
      [this.#run.kafka],
      values.map((value) => ({ topic: TOPIC, partition, value: Buffer.from(JSON.stringify(value)) })),
    );
  }

  async makeAnew(partitions: number): Promise<void> {
    await this.#admin.deleteTopics({ topics: [TOPIC] });
    await this.start.until(
      'the topic is gone',
      async () => !(await this.#admin.listTopics()).includes(TOPIC),
    );
    const configs = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
    await this.#admin.createTopics({ topics: [TOPIC], partitions, replicas: 1, configs });
  }

  async addPartition(count: number): Promise<void> {
    await this.#admin.createPartitions({ topics: [{ name: TOPIC, count, assignments: null }] });
  }

  /** What a statement of everything says, with what no rollup has folded yet. */
  async statement(advertiser: string): Promise<{ clicks: bigint; micros: bigint }> {
    const ledger = openLedger(this.#run.tables['billing'] ?? '', buildClientConfig(this.#run.dynamodb));
    const hours = await readStatement(ledger, advertiser, wholePeriod, true);
    ledger.client.destroy();
    return {
      clicks: hours.reduce((sum, { sums }) => sum + (sums['clicks'] ?? 0n), 0n),
      micros: hours.reduce((sum, { sums }) => sum + (sums['micros'] ?? 0n), 0n),
    };
  }

  /** Waits until journals have halted, as anybody would see it, by what the functions log and the start says. */
  async halted(...journals: string[]): Promise<void> {
    for (const journal of journals)
      await this.start.until(
        `both functions say that ${journal} halts`,
        () =>
          ['billing', 'fraud'].every((service) =>
            logged(join(this.start.folder, 'logs')).some((line) =>
              [`"journal":"${journal}"`, '"code":"log.mismatch"', `"service":"${service}"`].every((part) =>
                line.includes(part),
              ),
            ),
          ),
        60_000,
      );
    for (const group of GROUPS)
      await this.start.until(`the start says so of ${group}`, () =>
        this.start.stdout.includes(`${group} meets another log than the one it has counted (LogMismatch)`),
      );
  }

  async stop(): Promise<void> {
    await this.view.close();
    await this.#admin.close();
    this.start.signal(this.start.process.pid, 'SIGINT');
    await this.start.ended();
  }
}

function logged(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
}

interface Audit {
  readonly code: number;
  readonly verdict: string;
  readonly kinds: readonly string[];
  /** With a fault. */
  readonly journals: readonly string[];
  readonly faults: readonly { readonly kind: string; readonly journal: string; readonly what: string }[];
  readonly partitions: readonly AuditedPartition[];
}

/** Of billing, by the command as people run it. */
async function audit(folder: string, ...given: string[]): Promise<Audit> {
  const command = [join(root, 'infra/cli/main.ts'), 'audit', '--ledger', 'billing', '--json', ...given];
  const environment = { ...process.env, CLICKLEDGER_FOLDER: folder };
  const { code, stdout, stderr } = await promisify(execFile)(process.execPath, command, {
    env: environment,
    maxBuffer: 2 ** 26,
  }).then(
    (ended) => ({ code: 0, ...ended }),
    (error) => error as { code: number; stdout: string; stderr: string },
  );
  assert.notEqual(stdout, '', stderr);
  const [{ verdict, faults, partitions }] = JSON.parse(stdout).ledgers as [Audit];
  const journals = [...new Set(faults.map(({ journal }) => journal))];
  return { code, verdict, faults, partitions, journals, kinds: faults.map(({ kind }) => kind) };
}

describe('another log', { timeout: 400_000 }, () => {
  it('halts what it concerns, is billed under its own incarnation, and leaves old statements as they are', async (t) => {
    const folder = await furnished(prepareRuntimeFolder(t));
    const counted = await LocalRuntime.of(folder, '--clicks', String(CLICKS), '--rate', '2000');
    await counted.drained(3);
    const ends = await counted.view.ends(TOPIC, 3);
    const before = await counted.statement('adv-7');
    await counted.stop();
    const cutAt = cutTail(join(folder, 'data/kafka'), `${TOPIC}-0`);
    assert.ok(cutAt > 0 && cutAt < (ends[0] ?? 0), `cut at ${cutAt} of ${ends[0]}`);

    const halted = await LocalRuntime.of(folder, '--keep', '--clicks', '1');
    await halted.click(0, 5);
    await halted.click(1, 7);
    await halted.halted('ad_clicks@1#0');
    await halted.start.until('partition 1 goes on', async () => {
      return (await halted.view.committed('billing-service', TOPIC))[1] === (ends[1] ?? 0) + 7;
    });
    const rewritten = await audit(folder);
    assert.equal((await halted.view.committed('billing-service', TOPIC))[0], ends[0]);
    assert.deepEqual(await halted.statement('adv-7'), plus(before, 7));
    assert.deepEqual([rewritten.code, rewritten.journals], [1, ['ad_clicks@1#0']]);
    assert.ok(rewritten.kinds.includes('phantom'), JSON.stringify(rewritten.faults));

    await halted.makeAnew(3);
    for (const partition of [0, 1, 2]) await halted.click(partition, 20);
    await halted.halted('ad_clicks@1#1', 'ad_clicks@1#2');
    const anew = await audit(folder);
    assert.deepEqual(await halted.view.committed('billing-service', TOPIC), []);
    assert.deepEqual(await halted.statement('adv-7'), plus(before, 7));
    assert.deepEqual([anew.code, anew.journals.length], [1, 3]);
    await halted.stop();

    const billed = await LocalRuntime.of(folder, '--keep', '--incarnation', '2', '--clicks', '1');
    await billed.drained(3);
    assert.deepEqual(await billed.statement('adv-7'), plus(before, 7 + 60));
    await Promise.all([billed.click(0, 500), billed.addPartition(4)]);
    await billed.click(3, 50);
    await billed.drained(4);
    const grown = await audit(folder, '--at-rest');
    assert.deepEqual([grown.code, grown.verdict], [0, 'pass'], JSON.stringify(grown.faults));
    assert.deepEqual(
      grown.partitions.map(({ journal, applied, logEnd }) => [journal, applied, logEnd]),
      [520, 20, 20, 50].map((clicks, partition) => [`ad_clicks@2#${partition}`, clicks, clicks]),
    );
    assert.deepEqual(await billed.statement('adv-7'), plus(before, 7 + 60 + 550));
    await billed.stop();
  });
});

/** So many more clicks of the builder's price. */
function plus({ clicks, micros }: { clicks: bigint; micros: bigint }, more: number) {
  return { clicks: clicks + BigInt(more), micros: micros + BigInt(more) * 250_000n };
}
