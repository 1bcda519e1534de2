/**
 * Rules of what can't be changed once deployed: the mapping against the committed record. Each refusal ends with the steps that lead there
 * without losing or doubling a click.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DeployedMapping } from '../deployed.ts';
import type { Rule, Subject } from './rule.ts';

/** Meanwhile the group has no mapping, and the brokers keep its offsets (AWS Lambda docs: kafka-consumer-group-id). */
const anotherMapping: readonly string[] = [
  'leave the group as it is, and deploy its stack without the mapping: withoutMapping: true, in this repository `-c withoutMapping=<team>`',
  'remove the mapping from the record: `npx clickledger record --stage <stage> --owners <team>` asks CloudFormation; in an app of your own, by hand',
  'make the change, deploy with the mapping again, and record it in the same way',
];

/** The last line of each refusal: the record may be wrong. */
export const IF_NOTHING_IS_DEPLOYED =
  'If nothing of this group is deployed, the record is wrong: remove its stack from infra/deployed/<stage>.json, or leave out the property `deployed`.';

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

/** @param firstStep before those that lead to another mapping */
function fixed(
  id: string,
  because: string,
  what: string,
  sides: (subject: Subject, deployed: DeployedMapping) => { readonly was: unknown; readonly is: unknown },
  firstStep: string,
): Rule {
  return {
    id,
    because,
    check: (subject) => {
      if (subject.deployed === undefined) return undefined;
      const { was, is } = sides(subject, subject.deployed);
      if (isDeepStrictEqual(was, is)) return undefined;
      return {
        given: `${what} is ${shown(is)}`,
        allowed: `${shown(was)}, which is deployed`,
        steps: [firstStep, ...anotherMapping],
        otherwise: IF_NOTHING_IS_DEPLOYED,
      };
    },
  };
}

export const deployed: readonly Rule[] = [
  fixed(
    'deployed-topic',
    'CloudFormation reports success and changes nothing: UpdateEventSourceMapping has no topics (aws-cloudformation/cloudformation-coverage-roadmap#2140)',
    'topic',
    ({ group }, { topic }) => ({ was: topic, is: group.topic }),
    'wait until the group has read all of the old topic: it is not read afterwards',
  ),
  fixed(
    'deployed-group-id',
    'a group id is fixed once its mapping exists, and CloudFormation either refuses a change or replaces the mapping (AWS Lambda docs: kafka-consumer-group-id)',
    'groupId',
    ({ group }, { groupId }) => ({ was: groupId, is: group.groupId }),
    "keep startingPosition 'TRIM_HORIZON': the new group reads all that is retained once more, and the ledger passes over what it has (I1)",
  ),
  fixed(
    'deployed-position',
    'it is fixed when the mapping is created; CloudFormation creates a second mapping before it removes the first, and gets 409, since source, function and topic are taken (AWS Lambda docs: kafka-starting-positions)',
    'startingPosition',
    ({ group }, { startingPosition }) => ({ was: startingPosition, is: group.startingPosition }),
    'a group that has committed offsets continues from them whatever its position: to start elsewhere, change groupId too',
  ),
  fixed(
    'deployed-cluster',
    'another source creates a second mapping under a group id that is still taken, and gets 409 (AWS Lambda docs: kafka-consumer-group-id)',
    'cluster',
    ({ cluster }, { clusterArn }) => ({ was: clusterArn, is: cluster.reference }),
    "find out whether the new topic starts empty or is a copy. Empty: raise the incarnation and say log 'new', since it holds other records at the same offsets (I10). A copy: stop here, since what was counted would be counted again; a group halts on it",
  ),
  {
    id: 'deployed-window',
    because:
      "a mapping that ever had a window can't return to the default of 500 ms (AWS Lambda docs: invocation-eventsourcemapping)",
    check: ({ group: { batch }, deployed }) =>
      deployed?.windowSeconds === undefined || batch.windowSeconds !== undefined
        ? undefined
        : {
            given: 'batch has no windowSeconds',
            allowed: `a window from 0 to 300 s, since ${deployed.windowSeconds} s is deployed`,
            steps: anotherMapping,
            otherwise: IF_NOTHING_IS_DEPLOYED,
          },
  },
];
