/** Stands between the functions and DynamoDB, and lets everything pass, until the page's button throttles: then most is refused. */
import type { EndpointAccess } from '../../local/endpoint-access.ts';
import { FaultProxy } from '../../local/faults/fault-proxy.ts';

/** Of requests, while it throttles: a table over its limits lets some through too. */
const REFUSED = 0.9;

export class Throttling {
  on = false;
  #proxy: FaultProxy | undefined;
  #reached: EndpointAccess | undefined;

  /** For the ground: what its functions reach instead of DynamoDB itself. */
  readonly reach = async (direct: EndpointAccess): Promise<EndpointAccess> => {
    this.#proxy = await FaultProxy.start({
      endpoint: direct.endpoint,
      decide: () => (this.on && Math.random() < REFUSED ? { kind: 'throttled' } : undefined),
      signal: () => {},
      heard: () => {},
    });
    this.#reached = { ...direct, endpoint: this.#proxy.endpoint };
    return this.#reached;
  };

  get reached(): EndpointAccess | undefined {
    return this.#reached;
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
  }
}
