/** What Lambda runs for the fraud team every minute. */
import { scheduledRollup } from '../../shared/scheduled-rollup.ts';
import { group } from './group.ts';

export const handler = scheduledRollup(group);
