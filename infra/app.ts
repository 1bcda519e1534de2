/** What `cdk.json` runs: all stacks of one stage, `-c stage=dev` unless told otherwise, from the registry of groups. */
import { App } from 'aws-cdk-lib/core';
import { groups } from '../functions/index.ts';
import { addStacks, featureFlags } from './aws/stacks.ts';
import { parseStage } from './aws/stages.ts';

const app = new App({ analyticsReporting: false, postCliContext: featureFlags });
addStacks(app, parseStage(app.node.tryGetContext('stage')), groups);
app.synth();
