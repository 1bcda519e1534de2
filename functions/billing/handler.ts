/** What Lambda runs for the billing team on its event source mapping. */
import { consumer } from '../../shared/consumer.ts';
import { group } from './group.ts';

export const handler = consumer(group);
