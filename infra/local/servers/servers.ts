/**
 * Starts Kafka and DynamoDB Local from the jars, or uses the user's own servers. A server that was started here and ends
 * unexpectedly is restarted on its port and its data. If it keeps ending, the whole local runtime fails.
 */
import { join } from 'node:path';
import type { Child, Children } from '../children.ts';
import type { EndpointAccess } from '../endpoint-access.ts';
import type { OwnEndpoints } from '../endpoints.ts';
import type { RuntimePlan } from '../template/planned.ts';
import { startBroker } from './broker.ts';
import { startDynamoDb } from './dynamodb.ts';
import { type Jars, prepareJars } from './jars.ts';
import type { RunningJvm } from './jvm.ts';

export interface ServersOptions {
  /** The folder for jars, data and logs. */
  readonly folder: string;
  /** The user's own servers, used instead of starting them here. */
  readonly own?: OwnEndpoints;
  /** Default: any free ports. */
  readonly kafkaPort?: number | undefined;
  readonly dynamodbPort?: number | undefined;
  readonly say: (line: string) => void;
  /** Gets an error after which the local runtime can't work any more. */
  readonly fail: (error: unknown) => void;
}

export interface Servers {
  readonly kafka: readonly string[];
  readonly dynamodb: EndpointAccess;
  stop(): Promise<void>;
}

interface Stoppable {
  stop(): Promise<void>;
}

const RESTARTS_MAX = 50;

export async function startServers(
  options: ServersOptions,
  plan: RuntimePlan,
  children: Children,
): Promise<Servers> {
  const { own, folder, say } = options;
  const needsJars = own?.kafka === undefined || own.dynamodb === undefined;
  const jars = needsJars
    ? await prepareJars({ folder: join(folder, 'jars'), kafkaVersion: plan.kafkaVersion, say })
    : undefined;
  const kept: Stoppable[] = [];
  const [kafka, dynamodb] = await Promise.allSettled([
    own?.kafka ?? keptBroker(options, plan, jars as Jars, children, kept),
    own?.dynamodb ?? keptDynamoDb(options, jars as Jars, children, kept),
  ]);
  const stop = async () => void (await Promise.all(kept.map((server) => server.stop())));
  if (kafka.status === 'fulfilled' && dynamodb.status === 'fulfilled')
    return { kafka: kafka.value, dynamodb: dynamodb.value, stop };
  await stop();
  throw kafka.status === 'rejected' ? kafka.reason : (dynamodb as PromiseRejectedResult).reason;
}

async function keptBroker(
  options: ServersOptions,
  plan: RuntimePlan,
  jars: Jars,
  children: Children,
  kept: Stoppable[],
): Promise<readonly string[]> {
  const start = (port: number | undefined) =>
    startBroker({
      jars,
      dataFolder: join(options.folder, 'data', 'kafka'),
      logFile: join(options.folder, 'logs', 'broker.log'),
      port,
      settings: plan.brokerSettings,
    });
  const running = await start(options.kafkaPort);
  const restart = () => start(running.port);
  kept.push(keepAlive({ role: 'broker', name: 'the Kafka broker', running, restart, children, options }));
  return [running.bootstrap];
}

async function keptDynamoDb(
  options: ServersOptions,
  jars: Jars,
  children: Children,
  kept: Stoppable[],
): Promise<EndpointAccess> {
  const start = (port: number | undefined) =>
    startDynamoDb({
      jars,
      dataFolder: join(options.folder, 'data', 'dynamodb'),
      logFile: join(options.folder, 'logs', 'dynamodb.log'),
      port,
    });
  const running = await start(options.dynamodbPort);
  const restart = () => start(running.port);
  kept.push(keepAlive({ role: 'dynamodb', name: 'DynamoDB Local', running, restart, children, options }));
  return running;
}

interface KeepOptions {
  readonly role: Child['role'];
  readonly name: string;
  readonly running: RunningJvm;
  /** Starts it again on the same port and data. */
  readonly restart: () => Promise<RunningJvm>;
  readonly children: Children;
  readonly options: ServersOptions;
}

function keepAlive({ role, name, running: first, restart, children, options }: KeepOptions): Stoppable {
  let running = first;
  let stopping = false;
  async function keep(): Promise<void> {
    for (let restarts = 0; ; restarts++) {
      const { pid, exited } = running;
      children.add({ role, name, pid });
      const { code, signal } = await exited;
      children.remove(pid);
      if (stopping) return;
      if (restarts === RESTARTS_MAX)
        throw new Error(`${name} has ended ${restarts + 1} times and is not restarted`);
      options.say(`${name} (pid ${pid}) ended with ${signal ?? code}; it is restarted`);
      running = await restart();
      if (stopping) return running.stop();
    }
  }
  const kept = keep().catch(options.fail);
  return {
    stop: async () => {
      stopping = true;
      await running.stop();
      await kept;
    },
  };
}
