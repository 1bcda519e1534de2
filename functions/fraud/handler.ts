/** What Lambda runs for the fraud team on its event source mapping. */
import { consumer } from '../../shared/consumer.ts';
import { createVelocityFold } from './fold.ts';
import { group } from './group.ts';

export const handler = consumer(group, ({ IP_HASH_KEY = '' }) => createVelocityFold(IP_HASH_KEY));
