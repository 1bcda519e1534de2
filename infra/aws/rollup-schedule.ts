/**
 * Runs a ledger's rollup every minute. A run that fails is not repeated by anyone, neither the scheduler nor Lambda's own
 * queue, which would try twice more (AWS Lambda docs: invocation-async-error-handling): the next minute does its work too.
 * The role may invoke this function and nothing else, and only for this account's schedules (AWS EventBridge Scheduler
 * docs: cross-service-confused-deputy-prevention).
 */
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Aws, Duration, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** Both services take no less. */
const EVENT_AGE_MAX = Duration.minutes(1);

export function scheduleRollup(scope: Construct, rollup: LambdaFunction): void {
  rollup.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: EVENT_AGE_MAX });
  Validations.of(rollup.node.findChild('EventInvokeConfig')).acknowledge({
    id: 'Serverless-LambdaAsyncFailureDestination',
    reason:
      'The event says nothing but that a minute has passed, so there is nothing to keep of a failed one: the next does its work, and an alarm tells when rollups fall behind.',
  });
  const role = new Role(scope, 'ScheduleRole', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({
      sid: 'RunRollup',
      actions: ['lambda:InvokeFunction'],
      resources: [rollup.functionArn],
    }),
  );
  const schedule = new CfnSchedule(scope, 'Schedule', {
    description: 'Runs the rollup',
    scheduleExpression: 'rate(1 minute)',
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: rollup.functionArn,
      roleArn: role.roleArn,
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: EVENT_AGE_MAX.toSeconds() },
    },
  });
  schedule.node.addDependency(role);
}
