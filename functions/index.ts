/** The registry: which groups there are, as data, one line each. `clickledger new-group` adds a team's folder and its line here. */
import type { GroupSpec } from '../shared/group.ts';

/** By the name of the folder under `functions/`. */
export const groups: Readonly<Record<string, GroupSpec>> = {
  billing: (await import('./billing/group.ts')).group,
  fraud: (await import('./fraud/group.ts')).group,
};
