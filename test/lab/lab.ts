/**
 * `clickledger lab`: the same join, leave and crash under every way of sharing out partitions, on a Kafka broker of its own; prints what it
 * measured and plots it. Nothing it starts stays behind, nor does its data.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOwnFolder } from '../../infra/local/runtime-lock.ts';
import { startBroker } from '../../infra/local/servers/broker.ts';
import { createTopics } from '../../infra/local/servers/broker-topics.ts';
import { prepareJars } from '../../infra/local/servers/jars.ts';
import { findStorageFault } from '../../infra/local/storage-fault.ts';
import { defineCommand } from '../../infra/terminal/command.ts';
import { Interrupted } from '../../infra/terminal/user-error.ts';
import type { StepMeasures } from './deliveries.ts';
import { type LabOptions, readLabOptions, withLabOptions } from './options.ts';
import { formatReport, formatReportJson, type Measures, writePlots } from './report.ts';
import { runScenario, SteadyProducer, type Step } from './scenario.ts';
import { brokerSettings, type StrategyName } from './strategies.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const base = resolve(root, process.env['CLICKLEDGER_FOLDER'] || '.clickledger');
/** The series of Kafka that the dev stage names. */
const KAFKA_VERSION = '4.1.x.kraft';

export const lab = withLabOptions(
  defineCommand(
    'lab',
    'One join, one leave, one crash, under each way to share out partitions, on a real broker.',
    { 0: 'measured' },
  ),
).action(async (values) => {
  const options = readLabOptions(values);
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort());
  try {
    await run(options, ending.signal);
  } catch (error) {
    if (!ending.signal.aborted) throw findStorageFault(error) ?? error;
    throw new Interrupted('interrupted before it was done');
  }
});

async function run(options: LabOptions, signal: AbortSignal): Promise<void> {
  const say = (line: string) => console.error(line);
  createOwnFolder(base);
  const jars = await prepareJars({ folder: join(base, 'jars'), kafkaVersion: KAFKA_VERSION, say });
  const folder = mkdtempSync(join(base, 'lab-run-'));
  const settings = brokerSettings(options);
  try {
    const broker = await startBroker({
      jars,
      dataFolder: join(folder, 'kafka'),
      logFile: join(folder, 'broker.log'),
      settings,
    });
    try {
      const measures = await measure(options, broker.bootstrap, say, signal);
      await show(measures, options, say);
    } finally {
      await broker.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  options: LabOptions,
  bootstrap: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Measures> {
  const { partitions, members, rate, heartbeatMs, sessionTimeoutMs, commitMs } = options;
  const measures = new Map<StrategyName, Record<Step, StepMeasures>>();
  for (const strategy of options.strategies) {
    signal.throwIfAborted();
    const topic = `lab-${strategy}`;
    await createTopics([bootstrap], [{ name: topic, partitions, configs: {} }]);
    const producer = new SteadyProducer(bootstrap, topic, partitions, rate);
    try {
      const timeouts = { heartbeatMs, sessionTimeoutMs, commitMs };
      const scenario = await runScenario({
        assignment: { strategy, bootstrap, topic, group: topic, ...timeouts },
        partitions,
        members,
        signal,
        progress: (what) => say(`${strategy}: ${what} …`),
      });
      measures.set(strategy, scenario);
    } finally {
      await producer.stop();
    }
  }
  return measures;
}

async function show(measures: Measures, options: LabOptions, say: (line: string) => void): Promise<void> {
  if (options.json) console.log(formatReportJson(measures, options));
  else for (const line of formatReport(measures, options)) console.log(line);
  if (options.plots === undefined) return;
  for (const file of await writePlots(measures, resolve(root, options.plots))) say(`Plotted ${file}`);
}
