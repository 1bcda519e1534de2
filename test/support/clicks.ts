/** Clicks read and counted as billing does, for tests of the pipe behind its handler. */

import { group } from '../../functions/billing/group.ts';
import { adClick } from '../../functions/events/ad-click.ts';
import { createDecoder } from '../../shared/contract/decode-batch.ts';
import { createCounting } from '../../shared/fold/count.ts';

export type { Click } from '../../functions/events/ad-click.ts';

export const decoder = createDecoder(adClick, group.count.by);
export const { decode, decodeBatch } = decoder;
export const counting = createCounting(group.contract, group.count);
/** What a writer of the journal needs to read clicks and count them. */
export const pipe = { decoder, counting };
