/**
 * Starts Apache Kafka: broker and controller in one JVM, on 127.0.0.1 only. In: jars, a data folder, optionally a port, and
 * the cluster's settings from the plan. Out: a running broker. After a restart on the same folder it still has every
 * acknowledged record, also after a SIGKILL: written data is in the page cache, which survives the process (but not a
 * power cut).
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../terminal/user-error.ts';
import type { Jars } from './jars.ts';
import { type RunningJvm, startJvm } from './jvm.ts';
import { findPort, LOOPBACK } from './ports.ts';

export interface BrokerOptions {
  readonly jars: Jars;
  readonly dataFolder: string;
  /** Default: any free port. */
  readonly port?: number | undefined;
  readonly logFile: string;
  /** The cluster's own settings. The settings of a single broker, below, override them. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

export interface RunningBroker extends RunningJvm {
  /** `host:port`, as clients take it. */
  readonly bootstrap: string;
}

const HEAP_MB = 512;

export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { jars, dataFolder, logFile, settings = {} } = options;
  if (dataFolder.includes(','))
    throw new UserError(
      `the data folder ${dataFolder} has a comma, and Kafka would read it as two folders: choose another`,
    );
  const port = await findPort(options.port, 'the Kafka broker');
  const controllerPort = await findPort(undefined, 'the Kafka controller');
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const propertiesFile = join(dataFolder, 'server.properties');
  const properties = { ...smallMachine, ...settings, ...oneBroker(dataFolder, port, controllerPort) };
  writeFileSync(propertiesFile, propertyLines(properties));
  const command = ['kafka', dataFolder, String(port), propertiesFile];
  const jvm = await startJvm({
    jars,
    name: 'the Kafka broker',
    heapMb: HEAP_MB,
    dataFolder,
    logFile,
    command,
  });
  return { ...jvm, bootstrap: `${LOOPBACK}:${port}` };
}

/** Few threads and small buffers; a cluster's own settings may differ. */
const smallMachine = {
  'auto.create.topics.enable': 'false',
  // All members of a group on one machine start together; waiting for more only delays the first click.
  'group.initial.rebalance.delay.ms': '0',
  // Far below a cluster's 6 s, so that tests can kill many members in a short time.
  'group.min.session.timeout.ms': '1000',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'num.network.threads': '2',
  'num.io.threads': '4',
  'background.threads': '2',
  'log.cleaner.dedupe.buffer.size': String(4 * 1024 * 1024),
  // Without it the controller writes a record every half second for followers that do not exist.
  'metadata.max.idle.interval.ms': '10000',
} as const;

/** Settings that a single broker on this machine must have. */
function oneBroker(
  dataFolder: string,
  port: number,
  controllerPort: number,
): Readonly<Record<string, string>> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${LOOPBACK}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${LOOPBACK}:${port},CONTROLLER://${LOOPBACK}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(dataFolder, 'log'),
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    // A killed broker can rejoin only after its old session expires: with Kafka's 9 s, a restart takes 11 s.
    'broker.session.timeout.ms': '1500',
    'broker.heartbeat.interval.ms': '300',
  };
}

/** Java reads the file as Latin-1, with backslashes as escapes (Java docs: Properties.load). */
function propertyLines(properties: Readonly<Record<string, string>>): string {
  const escaped = (text: string) =>
    text
      .replaceAll('\\', '\\\\')
      .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');
}
