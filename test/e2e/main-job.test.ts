/** The main job, from outside: clicks flow, processes are killed, and every ledger is exact to the last micro. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import { openLedger, readJournalTotals } from '../../infra/ops/ledger-view.ts';
import { KafkaView } from '../support/kafka-view.ts';
import { RunningStart } from '../support/running-start.ts';
import { furnished, prepareRuntimeFolder } from '../support/runtime-folder.ts';

const TOPIC = 'ad_clicks';
const BILLING = 'billing-service';
const CLICKS = 100_000;
const RATE = 6_000;
const PARTITIONS = 3;
const FREEZES_MAX = 5;

/** Billing as seen from outside, and what a person with `kill` can do to it. */
class Billing {
  readonly start: RunningStart;
  readonly #view: KafkaView;
  readonly #ledger: ReturnType<typeof openLedger>;

  static async of(t: TestContext, start: RunningStart): Promise<Billing> {
    const { kafka, dynamodb, tables } = await start.running();
    const access = buildClientConfig(dynamodb);
    const view = new KafkaView(kafka);
    const ledger = openLedger(tables['billing'] ?? '', access);
    t.after(async () => {
      ledger.client.destroy();
      await view.close();
    });
    return new Billing(start, view, ledger);
  }

  private constructor(start: RunningStart, view: KafkaView, ledger: ReturnType<typeof openLedger>) {
    this.start = start;
    this.#view = view;
    this.#ledger = ledger;
  }

  async applied(): Promise<number> {
    const totals = await readJournalTotals(this.#ledger);
    return totals.reduce((sum, { clicks }) => sum + Number(clicks), 0);
  }

  async committed(): Promise<number> {
    const offsets = await this.#view.committed(BILLING, TOPIC);
    return offsets.reduce((sum, offset) => sum + Math.max(0, offset), 0);
  }

  async produced(): Promise<number> {
    return (await this.#view.ends(TOPIC, PARTITIONS)).reduce((sum, end) => sum + end, 0);
  }

  /** Kills the processes of a role, and waits until others stand in run.json in their place. */
  async kill(role: 'function' | 'poller', pids = this.start.pids(role, BILLING)): Promise<void> {
    this.#signal(pids, 'SIGKILL');
    await this.start.until(`run.json names another ${role} than ${pids}`, () => {
      const now = this.start.pids(role, BILLING);
      return now.length > 0 && !now.some((pid) => pids.includes(pid));
    });
  }

  /**
   * Kills the poller after an entry was put and before its offsets are committed: while DynamoDB is frozen, the function holds
   * a batch; then the poller is frozen and DynamoDB goes on, so the entry is put and nobody hears the answer. What follows has
   * to be a second delivery.
   */
  async killPollerBeforeItsCommit(): Promise<void> {
    for (let attempt = 1; attempt <= FREEZES_MAX; attempt++) {
      const dynamodb = this.start.pids('dynamodb');
      const pollers = this.start.pids('poller', BILLING);
      const [produced, committed] = [await this.produced(), await this.committed()];
      this.#signal(dynamodb, 'SIGSTOP');
      await this.start.until('much more than a window has come since', async () => {
        return (await this.produced()) - produced > RATE;
      });
      this.#signal(pollers, 'SIGSTOP');
      this.#signal(dynamodb, 'SIGCONT');
      const ahead = async () => (await this.applied()) > (await this.committed());
      const seen = await this.start.until('applied and not committed', ahead, 3_000).then(
        () => true,
        () => false,
      );
      if (seen) return this.kill('poller', pollers);
      this.#signal(pollers, 'SIGCONT');
      await this.start.until('billing goes on', async () => (await this.committed()) > committed);
    }
    assert.fail(`no batch was in flight in ${FREEZES_MAX} attempts`);
  }

  #signal(pids: readonly number[], name: NodeJS.Signals): void {
    for (const pid of pids) this.start.signal(pid, name);
  }
}

describe('the main job', { timeout: 240_000 }, () => {
  it('100,000 clicks are billed once each, though function and poller are killed while they flow (I1, I2, I7)', async (t) => {
    const start = new RunningStart({
      folder: await furnished(prepareRuntimeFolder(t)),
      given: ['--clicks', String(CLICKS), '--rate', String(RATE), '--exit'],
    });
    const billing = await Billing.of(t, start);
    await start.until('the first clicks are billed', async () => (await billing.applied()) > 0);

    for (let kills = 1; kills <= 2; kills++) {
      const applied = await billing.applied();
      await billing.kill('function');
      await start.until('billing goes on', async () => (await billing.applied()) > applied);
    }
    await billing.killPollerBeforeItsCommit();
    const appliedThen = await billing.applied();
    const { code } = await start.ended();

    assert.ok(appliedThen < CLICKS, 'all kills fell while clicks flowed');
    const { produced, billing: billed, fraud, exact } = JSON.parse(start.lastLine());
    assert.deepEqual([code, exact, produced], [0, true, CLICKS], start.stderr);
    assert.deepEqual([billed.applied, billed.parked], [CLICKS, 0]);
    assert.deepEqual([fraud.applied, fraud.parked], [CLICKS, 0]);
    assert.equal(billed.micros, billed.expectedMicros);
    assert.equal(fraud.micros, billed.micros);
    assert.ok(billed.micros > CLICKS * 10_000, 'clicks have prices');
    assert.ok(billed.duplicates > 0, 'something was delivered a second time');
    assert.match(
      start.stdout,
      /billing-service: poller 1 \(pid \d+\) ended with SIGKILL; another one starts/,
    );
    assert.deepEqual(start.left(), []);
    assert.deepEqual(start.remains(), []);
  });
});
