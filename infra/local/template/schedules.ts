/**
 * Reads the schedules of the plan. In: `AWS::Scheduler::Schedule` and `AWS::Events::Rule` whose target is a function. Out:
 * each `rate(…)` in milliseconds, and the function's event. Everything else (cron and one-time expressions, event
 * patterns, other targets, time windows, retries of the scheduler) is noted and not run.
 */
import * as v from 'valibot';
import type { Json, Resource } from './cloud-assembly.ts';
import { listResources } from './evaluate.ts';
import { findFunction, formatFunctionId } from './functions.ts';
import { parseFunctionName } from './names.ts';
import type { PlannedSchedule } from './planned.ts';
import { readProperties, text } from './properties.ts';
import { buildPlace, formatLabel, refuse, type TemplateScope } from './scope.ts';

interface Clock {
  readonly expression: string;
  readonly enabled: boolean;
  readonly targets: readonly { readonly arn: string; readonly input: string | undefined }[];
}

const scheduleSchema = v.object({
  ScheduleExpression: text,
  State: v.optional(text, 'ENABLED'),
  Target: v.object({ Arn: text, Input: v.optional(text) }),
});

const ruleSchema = v.object({
  ScheduleExpression: v.optional(text),
  State: v.optional(text, 'ENABLED'),
  Targets: v.optional(v.array(v.object({ Arn: text, Input: v.optional(text) })), []),
});

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

export function readSchedules(scope: TemplateScope, notes: string[]): PlannedSchedule[] {
  return listResources(scope, 'AWS::Scheduler::Schedule', 'AWS::Events::Rule').flatMap((resource) => {
    const clock =
      resource.type === 'AWS::Events::Rule' ? ofRule(scope, resource) : ofSchedule(scope, resource);
    const everyMs = clock && rateMs(clock.expression);
    if (clock === undefined)
      notes.push(`${formatLabel(resource)}: is a rule for events, and is not run; rules with rate(…) are`);
    else if (!clock.enabled) notes.push(`${formatLabel(resource)}: is disabled in the template`);
    else if (everyMs === undefined)
      notes.push(`${formatLabel(resource)}: '${clock.expression}' is not imitated; rate(…) is`);
    else
      return clock.targets.flatMap((target, index) =>
        run(scope, resource, { ...target, index, everyMs }, notes),
      );
    return [];
  });
}

function run(
  scope: TemplateScope,
  resource: Resource,
  target: Clock['targets'][number] & { readonly index: number; readonly everyMs: number },
  notes: string[],
): PlannedSchedule[] {
  if (!target.arn.includes(':lambda:')) {
    notes.push(`${formatLabel(resource)}: its target ${target.arn} is not a function, and is not run`);
    return [];
  }
  const runs = findFunction(scope, parseFunctionName(target.arn));
  if (runs === undefined)
    return refuse(buildPlace(resource, 'Target'), `is ${target.arn}, which no template creates`);
  const id = `${resource.stack.name}/${resource.id}${target.index === 0 ? '' : `/${target.index}`}`;
  return [
    {
      id,
      functionId: formatFunctionId(runs),
      everyMs: target.everyMs,
      input: inputOf(resource, target.input),
    },
  ];
}

function ofSchedule(scope: TemplateScope, resource: Resource): Clock {
  const { ScheduleExpression, State, Target } = readProperties(scope, resource, scheduleSchema);
  const target = { arn: Target.Arn, input: Target.Input };
  return { expression: ScheduleExpression, enabled: State !== 'DISABLED', targets: [target] };
}

function ofRule(scope: TemplateScope, resource: Resource): Clock | undefined {
  const { ScheduleExpression, State, Targets } = readProperties(scope, resource, ruleSchema);
  if (ScheduleExpression === undefined) return undefined;
  const targets = Targets.map(({ Arn, Input }) => ({ arn: Arn, input: Input }));
  return { expression: ScheduleExpression, enabled: State !== 'DISABLED', targets };
}

/** `rate(5 minutes)`: whole minutes, hours or days (AWS EventBridge Scheduler docs: schedule-types). */
function rateMs(expression: string): number | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression.trim()) ?? [];
  return unit === 'minute' || unit === 'hour' || unit === 'day' ? Number(count) * unitMs[unit] : undefined;
}

/** Without an input the scheduler sends its own event; here that is an empty object. */
function inputOf(resource: Resource, input: string | undefined): Json {
  if (input === undefined) return {};
  try {
    return JSON.parse(input);
  } catch {
    return refuse(buildPlace(resource, 'Input'), `is not JSON: ${input}`);
  }
}
