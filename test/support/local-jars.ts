/** The jars of the checkout, for tests that run the servers themselves; the first such test of a checkout fetches them. */
import { join } from 'node:path';
import { type Jars, prepareJars } from '../../infra/local/servers/jars.ts';
import { oneAtATime } from './one-at-a-time.ts';

export function localJars(): Promise<Jars> {
  const folder = join(import.meta.dirname, '../../.clickledger/jars');
  const say = (line: string) => console.error(line);
  return oneAtATime(() => prepareJars({ folder, kafkaVersion: '4.1.x.kraft', say }));
}
