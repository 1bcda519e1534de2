/**
 * One broker and one DynamoDB Local for all test files of a run (`node --test --test-global-setup`), each on loopback, gone with their data
 * when the run is over. A file that is run alone starts its own. Files keep apart by the names of their topics and tables.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndpointAccess } from '../../infra/local/endpoint-access.ts';
import { type RunningBroker, startBroker } from '../../infra/local/servers/broker.ts';
import { type RunningDynamoDb, startDynamoDb } from '../../infra/local/servers/dynamodb.ts';
import { localJars } from './local-jars.ts';

const KAFKA = 'CLICKLEDGER_TEST_KAFKA';
const DYNAMODB = 'CLICKLEDGER_TEST_DYNAMODB';

interface Hooks {
  readonly before: (run: () => Promise<void>) => void;
  readonly after: (run: () => Promise<void> | void) => void;
}

/** What a file uses: `address` once the hooks have run. */
interface Shared<Address> {
  readonly address: () => Address;
}

const running: { stop(): Promise<void> }[] = [];
let folder: string | undefined;

export async function globalSetup(): Promise<void> {
  folder = newFolder();
  const [broker, dynamodb] = await Promise.all([ownBroker(folder), ownDynamoDb(folder)]);
  running.push(broker, dynamodb);
  process.env[KAFKA] = broker.bootstrap;
  const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb;
  process.env[DYNAMODB] = JSON.stringify({ endpoint, region, accessKeyId, secretAccessKey });
}

export async function globalTeardown(): Promise<void> {
  await Promise.all(running.map((server) => server.stop()));
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/**
 * The bootstrap address of a broker.
 * @param own one that no other file has topics on
 */
export function sharedBroker(hooks: Hooks, own = false): Shared<string> {
  return shared(hooks, own ? undefined : process.env[KAFKA], async (at) => {
    const broker = await ownBroker(at);
    return { server: broker, address: broker.bootstrap };
  });
}

export function sharedDynamoDb(hooks: Hooks): Shared<EndpointAccess> {
  const given = process.env[DYNAMODB];
  return shared(
    hooks,
    given === undefined ? undefined : (JSON.parse(given) as EndpointAccess),
    async (at) => {
      const server = await ownDynamoDb(at);
      return { server, address: server };
    },
  );
}

function shared<Address>(
  { before, after }: Hooks,
  given: Address | undefined,
  start: (folder: string) => Promise<{ server: { stop(): Promise<void> }; address: Address }>,
): Shared<Address> {
  let address = given;
  if (given === undefined) {
    const own = newFolder();
    let server: { stop(): Promise<void> } | undefined;
    before(async () => {
      ({ server, address } = await start(own));
    });
    after(async () => {
      await server?.stop();
      rmSync(own, { recursive: true, force: true });
    });
  }
  return {
    address: () => {
      if (address === undefined) throw new Error('the server runs once the hooks have run');
      return address;
    },
  };
}

function newFolder(): string {
  return mkdtempSync(join(realpathSync(tmpdir()), 'clickledger-servers-'));
}

async function ownBroker(own: string): Promise<RunningBroker> {
  return startBroker({
    jars: await localJars(),
    dataFolder: join(own, 'kafka'),
    logFile: join(own, 'broker.log'),
  });
}

async function ownDynamoDb(own: string): Promise<RunningDynamoDb> {
  return startDynamoDb({
    jars: await localJars(),
    dataFolder: join(own, 'dynamodb'),
    logFile: join(own, 'dynamodb.log'),
  });
}
