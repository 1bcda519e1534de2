/** Reads the action of a button on the page. An unknown action, name or field is refused. */
import * as v from 'valibot';
import { Refused } from './page-server.ts';

const group = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
const poller = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200));

export const RATES = [200, 1_000, 3_000, 10_000] as const;

const ofGroup = (action: 'kill-function' | 'add-poller' | 'remove-poller' | 'replay') =>
  v.strictObject({ action: v.literal(action), group });
const ofPoller = (action: 'kill-poller' | 'freeze-poller' | 'thaw-poller') =>
  v.strictObject({ action: v.literal(action), group, poller });
const plain = (action: 'restart-broker' | 'send-poison' | 'send-duplicate' | 'reset') =>
  v.strictObject({ action: v.literal(action) });
const turned = (action: 'throttle' | 'heat-key' | 'without-clickledger') =>
  v.strictObject({ action: v.literal(action), on: v.boolean() });

const schema = v.variant('action', [
  ofGroup('kill-function'),
  ofGroup('add-poller'),
  ofGroup('remove-poller'),
  ofGroup('replay'),
  ofPoller('kill-poller'),
  ofPoller('freeze-poller'),
  ofPoller('thaw-poller'),
  plain('restart-broker'),
  plain('send-poison'),
  plain('send-duplicate'),
  plain('reset'),
  turned('throttle'),
  turned('heat-key'),
  turned('without-clickledger'),
  v.strictObject({ action: v.literal('pause-group'), group, on: v.boolean() }),
  v.strictObject({
    action: v.literal('set-rate'),
    rate: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)),
  }),
]);

export type Action = v.InferOutput<typeof schema>;

export function readAction(asked: unknown): Action {
  const read = v.safeParse(schema, asked, { abortEarly: true });
  if (read.success) return read.output;
  const [issue] = read.issues;
  throw new Refused(`the action is not understood: ${issue.message}`);
}
