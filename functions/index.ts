/** The registry: which groups and contracts there are, as data, one line each. `clickledger new-group` adds a team's folder and its line here. */
import type { Contract } from '../shared/contract/contract.ts';
import type { GroupSpec } from '../shared/group.ts';

/** By the name of the folder under `functions/`. */
export const groups: Readonly<Record<string, GroupSpec>> = {
  billing: (await import('./billing/group.ts')).group,
  fraud: (await import('./fraud/group.ts')).group,
};

/** By topic: what its records are. */
export const contracts = {
  ad_clicks: (await import('./events/ad-click.ts')).adClick,
  ad_impressions: (await import('./events/ad-impression.ts')).adImpression,
} satisfies Readonly<Record<string, Contract>>;
