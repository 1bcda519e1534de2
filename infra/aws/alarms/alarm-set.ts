/**
 * The alarms of one owner. In: definitions, what the owner decided about them, and whom each severity calls. Out: one
 * CloudWatch alarm per definition, which calls the same when it begins and when it is over.
 *
 * Going without an alarm takes its name and a reason; a name that is none, or a reason that says nothing, is refused.
 */
import { Alarm, ComparisonOperator, type IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type AlarmSpec, severities as allSeverities, type Severity } from '../../../shared/alarm-spec.ts';
import type { Ownership } from '../../../shared/published.ts';
import { ownName } from '../../../shared/published.ts';
import type { AlarmDefinition } from './alarm-definition.ts';

/** Whom to call: an SNS topic, or any other action of an alarm. An empty list is an answer too. */
export type AlarmActions = Readonly<Record<Severity, readonly IAlarmAction[]>>;

export interface AlarmSetProps<Name extends string> {
  readonly ownership: Ownership;
  readonly definitions: readonly AlarmDefinition<Name>[];
  readonly spec: Pick<AlarmSpec<Name>, 'severities' | 'without'>;
  readonly actions: AlarmActions;
}

const REASON_LENGTH_MIN = 10;

export class AlarmSet<Name extends string> extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmSetProps<Name>) {
    super(scope, id);
    const { ownership, definitions, spec, actions } = props;
    assertKnown(ownership.owner, spec, definitions);
    this.alarms = definitions
      .filter(({ name }) => spec.without?.[name] === undefined)
      .map((definition) => {
        const severity = spec.severities?.[definition.name] ?? definition.severity;
        const alarm = this.addAlarm(definition, severity, ownership);
        alarm.addAlarmAction(...actions[severity]);
        alarm.addOkAction(...actions[severity]);
        return alarm;
      });
  }

  private addAlarm(definition: AlarmDefinition<Name>, severity: Severity, ownership: Ownership): Alarm {
    const { name, says, metric, threshold, periods, missing } = definition;
    return new Alarm(this, name, {
      alarmName: `${ownName(ownership)}-${name}`,
      alarmDescription: `[${severity}] ${says} Runbook: docs/runbook/${name}.md`,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: periods.bad,
      evaluationPeriods: periods.of,
      treatMissingData: missing,
    });
  }
}

function assertKnown<Name extends string>(
  owner: string,
  { severities, without }: AlarmSetProps<Name>['spec'],
  definitions: readonly AlarmDefinition<Name>[],
): void {
  const allowed = definitions.map(({ name }) => name as string);
  const faults = [...Object.keys(severities ?? {}), ...Object.keys(without ?? {})]
    .filter((name) => !allowed.includes(name))
    .map((name) => `alarm '${name}' is none of this owner's, allowed are ${allowed.join(', ')}`);
  for (const [name, reason] of Object.entries(without ?? {})) {
    if (typeof reason === 'string' && reason.trim().length >= REASON_LENGTH_MIN) continue;
    faults.push(
      `going without the alarm '${name}' has the reason '${reason}', say it in at least ${REASON_LENGTH_MIN} characters`,
    );
  }
  for (const [name, severity] of Object.entries(severities ?? {})) {
    if (allSeverities.some((known) => known === severity)) continue;
    faults.push(
      `the alarm '${name}' has the severity '${severity}', allowed are ${allSeverities.join(', ')}`,
    );
  }
  if (faults.length > 0) throw new Error(`alarms of '${owner}': ${faults.join('; ')}`);
}
