/** How a service of this ground is reached: DynamoDB, or the Invoke of Lambda. */
export interface EndpointAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** As the clients of the AWS SDK are told it. */
export function buildClientConfig({ endpoint, region, accessKeyId, secretAccessKey }: EndpointAccess) {
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
}
