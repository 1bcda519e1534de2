/**
 * The local runtime: runs everything that the templates ask for. It reads the plan, starts Kafka and DynamoDB Local (or uses the
 * user's own), creates topics and tables, and then runs pollers for each mapping, sandboxes for each function and a timer for
 * each schedule. A process that dies is restarted. At the end everything is stopped: pollers first, servers last.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Children } from './children.ts';
import { EmittedMetrics } from './emitted-metrics.ts';
import type { EndpointAccess } from './endpoint-access.ts';
import { refuseExistingGroups } from './group-states.ts';
import { createPollerAssignment } from './mapping/assignment.ts';
import type { PartialRetry } from './mapping/decide.ts';
import { getDestinationsFolder } from './mapping/destination.ts';
import type { OwnedPartition } from './mapping/owned-partitions.ts';
import { Pollers } from './mapping/pollers.ts';
import { platformNotes } from './platform-notes.ts';
import { buildLambdaEnvironment } from './sandbox/lambda-environment.ts';
import { Sandboxes } from './sandbox/sandboxes.ts';
import { prepareSocketFolder } from './sandbox/socket-folder.ts';
import { Schedule } from './schedules.ts';
import { createSecretLookup } from './secrets.ts';
import { createMissingTopics, createTopics } from './servers/broker-topics.ts';
import { createTables } from './servers/dynamodb-tables.ts';
import { type Servers, type ServersOptions, startServers } from './servers/servers.ts';
import type { PlannedFunction, PlannedMapping, RuntimePlan } from './template/planned.ts';
import { readPlan } from './template/read-plan.ts';
import type { ParameterLookup } from './template/scope.ts';

export interface LocalRuntimeOptions extends ServersOptions {
  /** The folder that `cdk synth` wrote. */
  readonly templates: string;
  /** Start with an empty log and empty tables. */
  readonly fresh: boolean;
  /** Join groups that already exist on the user's own Kafka. Default: refuse them. */
  readonly join?: boolean;
  /** Replaces values of SSM parameters that the templates publish. */
  readonly parameter?: ParameterLookup;
  /** The group removes a member after this time without a heartbeat. Default: 6 s. */
  readonly sessionTimeoutMs?: number;
  /** What is delivered again after a partial response. Default: `listed`. */
  readonly partialRetry?: PartialRetry;
  /** Changes the rules of a mapping each time it starts, as an operator may do at any time. */
  readonly mappings?: (planned: PlannedMapping) => PlannedMapping;
  /** Gives functions another endpoint for DynamoDB, such as a proxy that injects faults. */
  readonly functionsReach?: (direct: EndpointAccess) => Promise<EndpointAccess>;
}

const SESSION_TIMEOUT_MS = 6_000;

export class LocalRuntime {
  readonly plan: RuntimePlan;
  readonly children: Children;
  readonly kafka: readonly string[];
  readonly dynamodb: EndpointAccess;
  readonly logFolder: string;
  readonly #options: LocalRuntimeOptions;
  readonly #servers: Servers;
  readonly #reached: EndpointAccess;
  /** How existing topics differ from the templates. */
  readonly topicNotes: readonly string[];
  readonly #socketFolder: string;
  readonly #sandboxes = new Map<string, Sandboxes>();
  readonly #metrics = new Map<string, EmittedMetrics>();
  readonly #pollers = new Map<string, Pollers>();
  readonly #schedules: Schedule[] = [];
  #stopping = false;

  /** Resolves when everything runs. After a failure, what was started is stopped. */
  static async start(options: LocalRuntimeOptions): Promise<LocalRuntime> {
    const data = join(options.folder, 'data');
    if (options.fresh)
      for (const old of [data, join(options.folder, 'logs'), getDestinationsFolder(options.folder)])
        rmSync(old, { recursive: true, force: true });
    const plan = readPlan(options.templates, {
      secrets: createSecretLookup(join(data, 'secrets.json')),
      parameter: options.parameter,
    });
    const children = new Children();
    if (options.own?.kafka !== undefined) await sayAndJoin(options, options.own.kafka, plan);
    const servers = await startServers(options, plan, children);
    try {
      const [topicNotes] = await Promise.all([
        options.own?.kafka === undefined
          ? createTopics(servers.kafka, plan.topics).then(() => [])
          : createMissingTopics(servers.kafka, plan.topics),
        createTables(servers.dynamodb, plan.tables),
      ]);
      const reached = (await options.functionsReach?.(servers.dynamodb)) ?? servers.dynamodb;
      return new LocalRuntime(options, plan, servers, children, reached, topicNotes);
    } catch (error) {
      await servers.stop();
      throw error;
    }
  }

  private constructor(
    options: LocalRuntimeOptions,
    plan: RuntimePlan,
    servers: Servers,
    children: Children,
    reached: EndpointAccess,
    topicNotes: readonly string[],
  ) {
    this.#reached = reached;
    this.topicNotes = topicNotes;
    this.#options = options;
    this.#servers = servers;
    this.logFolder = join(options.folder, 'logs');
    this.#socketFolder = prepareSocketFolder(options.folder);
    this.plan = plan;
    this.children = children;
    this.kafka = servers.kafka;
    this.dynamodb = servers.dynamodb;
    mkdirSync(this.logFolder, { recursive: true, mode: 0o700 });
    for (const planned of plan.functions) this.#addFunction(planned);
    for (const mapping of plan.mappings) if (mapping.enabled) this.addMapping(mapping);
    for (const planned of plan.schedules) {
      const target = this.functionOf(planned.functionId);
      this.#schedules.push(new Schedule(planned, target, this.sandboxesOf(planned.functionId), options.say));
    }
  }

  functionOf(id: string): PlannedFunction {
    const planned = this.plan.functions.find((each) => each.id === id);
    if (planned === undefined) throw new Error(`the plan has no function ${id}`);
    return planned;
  }

  /** Who owns which partition of a mapping's topic, and how far the group has committed. */
  owned(mapping: PlannedMapping): ReadonlyMap<number, OwnedPartition> {
    return this.#pollers.get(mapping.id)?.owned() ?? new Map<number, OwnedPartition>();
  }

  /** The sum of what a function has emitted under a metric's name. */
  metric(functionId: string, name: string): number {
    return this.#metrics.get(functionId)?.sum(name) ?? 0;
  }

  /** For processes that run beside it: reports an error after which the local runtime can't work any more. */
  get fail(): (error: unknown) => void {
    return this.#options.fail;
  }

  /** How templates and platform run differently here, without the differences of existing topics. */
  notes(): string[] {
    return [...this.plan.notes, ...platformNotes];
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#pollers.values()].map((pollers) => pollers.stop()));
    await Promise.all(this.#schedules.map((schedule) => schedule.stop()));
    for (const sandboxes of this.#sandboxes.values()) sandboxes.close();
    await this.#servers.stop();
    this.children.killAll();
    rmSync(this.#socketFolder, { recursive: true, force: true });
  }

  #addFunction(planned: PlannedFunction): void {
    const metrics = new EmittedMetrics();
    const sandboxes = new Sandboxes({
      planned,
      group: this.plan.mappings.find(({ functionId }) => functionId === planned.id)?.groupId,
      environment: buildLambdaEnvironment(planned, this.#reached),
      socketFolder: this.#socketFolder,
      logFolder: this.logFolder,
      children: this.children,
      metrics,
      fail: this.#options.fail,
    });
    this.#metrics.set(planned.id, metrics);
    this.#sandboxes.set(planned.id, sandboxes);
  }

  /** Starts the pollers of a mapping: one of the plan, or an additional one. */
  addMapping(planned: PlannedMapping): Pollers {
    if (this.#stopping)
      throw new Error(`the local runtime has been stopped, so ${planned.id} can't start any more`);
    const { sessionTimeoutMs = SESSION_TIMEOUT_MS, partialRetry = 'listed', folder } = this.#options;
    const mapping = this.#options.mappings?.(planned) ?? planned;
    const assignment = createPollerAssignment(mapping, {
      bootstrap: this.kafka,
      target: this.functionOf(mapping.functionId),
      sessionTimeoutMs,
      partialRetry,
      destinations: getDestinationsFolder(folder),
    });
    const pollers = new Pollers({
      mapping,
      assignment,
      sandboxes: this.sandboxesOf(mapping.functionId),
      children: this.children,
      logFolder: this.logFolder,
      say: this.#options.say,
      fail: this.#options.fail,
    });
    this.#pollers.set(mapping.id, pollers);
    return pollers;
  }

  /** The pollers of a mapping that was added. */
  pollersOf(mapping: PlannedMapping): Pollers {
    const pollers = this.#pollers.get(mapping.id);
    if (pollers === undefined) throw new Error(`no pollers run for ${mapping.id}`);
    return pollers;
  }

  sandboxesOf(functionId: string): Sandboxes {
    const sandboxes = this.#sandboxes.get(functionId);
    if (sandboxes === undefined) throw new Error(`the plan has no function ${functionId}`);
    return sandboxes;
  }
}

/** Announces what happens to the user's own Kafka before it happens. */
async function sayAndJoin(
  { join = false, say }: LocalRuntimeOptions,
  kafka: readonly string[],
  { mappings }: RuntimePlan,
): Promise<void> {
  const groupIds = mappings.filter(({ enabled }) => enabled).map(({ groupId }) => groupId);
  if (!join) await refuseExistingGroups(kafka, groupIds);
  const named = groupIds.join(', ');
  say(
    join
      ? `Your Kafka ${kafka.join(',')}: joins the consumer groups ${named}, even if others are members (--join), and commits for them`
      : `Your Kafka ${kafka.join(',')}: creates the consumer groups ${named}, which do not exist there`,
  );
}
