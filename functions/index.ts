/** The registry: which groups there are, as data. A new team adds its folder and one line here. */
import type { GroupSpec } from '../shared/group.ts';
import { group as billing } from './billing/group.ts';
import { group as fraud } from './fraud/group.ts';

/** By the name of the folder under `functions/`. */
export const groups: Readonly<Record<string, GroupSpec>> = { billing, fraud };
