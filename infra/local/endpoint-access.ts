/** Endpoint and credentials of a service: DynamoDB, or Lambda's Invoke. */
export interface EndpointAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The access as options of an AWS SDK client. */
export function buildClientConfig({ endpoint, region, accessKeyId, secretAccessKey }: EndpointAccess) {
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
}
