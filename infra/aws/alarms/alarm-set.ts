/**
 * The alarms of one owner. In: definitions, the owner's choices, and the actions of each severity. Out: one CloudWatch alarm per
 * definition. Only a page also notifies when it is over, since somebody waits for that.
 *
 * Omitting an alarm needs its name and a reason; an unknown name or an empty reason is refused.
 */
import {
  Alarm,
  type AlarmBase,
  type AlarmProps,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarmAction,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type AlarmSpec, severities as allSeverities, type Severity } from '../../../shared/alarm-spec.ts';
import { formatOwnName, type Ownership } from '../../../shared/published.ts';

import type { AlarmDefinition, Window } from './alarm-definition.ts';

/** What an alarm calls: an SNS topic, or any other alarm action. The list may be empty. */
export type AlarmActions = Readonly<Record<Severity, readonly IAlarmAction[]>>;

interface AlarmSetProps<Name extends string> {
  readonly ownership: Ownership;
  readonly definitions: readonly AlarmDefinition<Name>[];
  readonly spec: Pick<AlarmSpec<Name>, 'severities' | 'without'>;
  readonly actions: AlarmActions;
}

const REASON_LENGTH_MIN = 10;

export class AlarmSet<Name extends string> extends Construct {
  /** Those that notify somebody. */
  readonly alarms: readonly AlarmBase[];

  constructor(scope: Construct, id: string, props: AlarmSetProps<Name>) {
    super(scope, id);
    const { ownership, definitions, spec, actions } = props;
    assertKnown(ownership.owner, spec, definitions);
    this.alarms = definitions
      .filter(({ name }) => spec.without?.[name] === undefined)
      .map((definition) => {
        const severity = spec.severities?.[definition.name] ?? definition.severity;
        const alarm = this.addAlarm(definition, severity, formatOwnName(ownership));
        alarm.addAlarmAction(...actions[severity]);
        if (severity === 'page') alarm.addOkAction(...actions[severity]);
        return alarm;
      });
  }

  private addAlarm(definition: AlarmDefinition<Name>, severity: Severity, prefix: string): AlarmBase {
    const { name, says, periods } = definition;
    const alarmDescription = `[${severity}] ${says} Runbook: docs/runbook/${name}.md`;
    const alarmName = `${prefix}-${name}`;
    if ('bad' in periods) return this.addWindow(name, definition, periods, { alarmName, alarmDescription });
    const windows = periods.map((window) =>
      this.addWindow(`${name}-${window.of}`, definition, window, {
        alarmName: `${alarmName}-${window.of}`,
        alarmDescription: `One of two windows of ${alarmName}. Calls nobody.`,
      }),
    );
    return new CompositeAlarm(this, name, {
      compositeAlarmName: alarmName,
      alarmDescription,
      alarmRule: AlarmRule.allOf(...windows.map((window) => AlarmRule.fromAlarm(window, AlarmState.ALARM))),
    });
  }

  private addWindow(
    id: string,
    { metric, threshold, missing }: AlarmDefinition<Name>,
    { bad, of }: Window,
    said: Pick<AlarmProps, 'alarmName' | 'alarmDescription'>,
  ): Alarm {
    return new Alarm(this, id, {
      ...said,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: bad,
      evaluationPeriods: of,
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
    .map((name) => `alarm '${name}' does not exist for this owner, allowed are ${allowed.join(', ')}`);
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
