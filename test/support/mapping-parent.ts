/**
 * A process that starts a mapping and a producer and never ends them, for tests of what becomes of children whose parent is
 * killed. It reports them to the test as they come and go.
 */
import { ClickProducer } from '../../infra/local/producer/click-producer.ts';
import { Invoker } from '../../infra/local/sandbox/invoker.ts';
import { LocalMapping } from './local-mapping.ts';

export interface MappingParentOptions {
  readonly folder: string;
  readonly bootstrap: readonly string[];
  readonly topic: string;
  readonly clicksTopic: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as MappingParentOptions;
const { folder, bootstrap, topic, clicksTopic } = options;
const mapping = new LocalMapping({ folder, bootstrap, topic, pollers: 2 });
mapping.behave({ does: 'hold', partition: 0 }, { does: 'spin', partition: 1 });
mapping.children.on('change', () => process.send?.(mapping.children.list()));
new Invoker(await mapping.sandboxes.lend()); // As a schedule does, with no poller between.
new ClickProducer({
  assignment: {
    bootstrap,
    topic: clicksTopic,
    partitions: 1,
    seed: 1,
    advertisers: 9,
    clicks: undefined,
    rate: 50,
  },
  children: mapping.children,
  logFolder: folder,
  say: () => {},
  fail: (error) => {
    throw error;
  },
});
