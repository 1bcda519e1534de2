/** What Lambda runs for the billing team on its event source mapping. */
import { consumer } from '../../shared/consumer.ts';
import { fold } from './fold.ts';
import { group } from './group.ts';

export const handler = consumer(group, () => fold);
