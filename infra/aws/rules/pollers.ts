/** Rules of the mapping's pollers: how many, and what only provisioned ones can do. */
import { createRangeRule, isProvisioned, type Rule, type Subject } from './rule.ts';

const SCALING = 'AWS Lambda docs: kafka-scaling-modes';

const counts: readonly Rule[] = [
  {
    id: 'pollers-complete',
    because: `provisioned pollers have a minimum and a maximum; on-demand pollers have neither (${SCALING})`,
    check: ({ group: { pollers } }) => {
      const { mode, min, max } = pollers;
      const numbers = [min, max].filter((value) => value !== undefined).length;
      if (mode === undefined ? numbers === 2 : numbers === 0) return undefined;
      return {
        given: `pollers is ${JSON.stringify(pollers)}`,
        allowed: "{ min, max } or { mode: 'on-demand' }",
      };
    },
  },
  createRangeRule('pollers-min', 'pollers.min', [1, 200], SCALING, ({ group }) => group.pollers.min),
  createRangeRule('pollers-max', 'pollers.max', [1, 2_000], SCALING, ({ group: { pollers } }) =>
    pollers.max === 'partitions' ? undefined : pollers.max,
  ),
  {
    id: 'pollers-order',
    because: `the maximum can't be below the minimum (${SCALING})`,
    check: ({ group: { pollers } }) => {
      const { min, max } = pollers;
      if (min === undefined || typeof max !== 'number' || min <= max) return undefined;
      return {
        given: `pollers.min is ${min} and pollers.max ${max}`,
        allowed: 'a minimum up to the maximum',
      };
    },
  },
  {
    id: 'pollers-partitions',
    because: `one poller reads a partition, so more pollers than partitions cost money and stay idle (${SCALING})`,
    check: ({ group: { pollers }, topic: { partitions } }) => {
      const most = pollers.max === 'partitions' ? pollers.min : pollers.max;
      if (most === undefined || most <= partitions) return undefined;
      const which = pollers.max === 'partitions' ? 'min' : 'max';
      return { given: `pollers.${which} is ${most}`, allowed: `up to ${partitions}, the topic's partitions` };
    },
  },
];

const pollerGroup: Rule = {
  id: 'poller-group',
  because: `Lambda accepts only such names (AWS Lambda docs: API_ProvisionedPollerConfig)`,
  check: ({ group: { pollers } }) =>
    pollers.group === undefined || /^[A-Za-z0-9_-]{1,128}$/.test(pollers.group)
      ? undefined
      : {
          given: `pollers.group is '${pollers.group}'`,
          allowed: "1 to 128 of the characters A-Z, a-z, 0-9, '-' and '_'",
        },
};

/** What each needs provisioned pollers for, by property: whether it asks for it, and the page. */
const provisionedOnly: readonly [string, string, string, (subject: Subject) => unknown][] = [
  [
    'provisioned-retries',
    'retry.attempts',
    'kafka-retry-configurations',
    ({ group }) => group.retry.attempts,
  ],
  [
    'provisioned-age',
    'retry.ageSeconds',
    'kafka-retry-configurations',
    ({ group }) => group.retry.ageSeconds,
  ],
  [
    'provisioned-bisect',
    'retry.bisect',
    'kafka-retry-configurations',
    ({ group }) => group.retry.bisect || undefined,
  ],
  [
    'provisioned-partial-responses',
    'pollers.partialResponses',
    'kafka-retry-configurations',
    ({ group }) => group.pollers.partialResponses || undefined,
  ],
  [
    'provisioned-kafka-destination',
    'retry.destination.kafkaTopic',
    'kafka-on-failure-destination',
    ({ group: { retry } }) =>
      typeof retry.destination === 'object' && 'kafkaTopic' in retry.destination
        ? retry.destination.kafkaTopic
        : undefined,
  ],
  ['provisioned-logs', 'pollers.logs', 'esm-logging', ({ group }) => group.pollers.logs],
  ['provisioned-group', 'pollers.group', 'API_ProvisionedPollerConfig', ({ group }) => group.pollers.group],
];

export const pollers: readonly Rule[] = [
  ...counts,
  pollerGroup,
  ...provisionedOnly.map(
    ([id, property, page, asked]): Rule => ({
      id,
      because: `Lambda documents it for provisioned pollers only (AWS Lambda docs: ${page}, kafka-scaling-modes)`,
      check: (subject) => {
        const value = asked(subject);
        if (isProvisioned(subject.group) || value === undefined) return undefined;
        return {
          given: `${property} is ${JSON.stringify(value)} with pollers on demand`,
          allowed: 'pollers { min, max }, or a group without it',
        };
      },
    }),
  ),
];
