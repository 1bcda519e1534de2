/**
 * One generated secret for each name that a team asks for, handed on as a reference that CloudFormation resolves: no
 * template holds one. They stay, because folding the same log again gives the same entries only under the same secret.
 */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/** Of 62 letters and digits each: 381 bits. */
const SECRET_LENGTH = 64;

/** @returns references by name of variable */
export function createSecrets(
  parent: Construct,
  id: string,
  names: readonly string[],
  encryptionKey: IKey,
  removalPolicy: RemovalPolicy,
): Readonly<Record<string, string>> {
  const scope = new Construct(parent, id);
  const references = names.map((name) => {
    const secret = new Secret(scope, name, {
      description: `The variable ${name}`,
      encryptionKey,
      generateSecretString: { passwordLength: SECRET_LENGTH, excludePunctuation: true },
      removalPolicy,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A fold has to give the same entry for the same records on a redelivery, and does so only under the same secret. It is changed by hand with a deployment, which begins new digests; see docs/adr/0006-stacks-and-parameters.md.',
    });
    return [name, secret.secretValue.unsafeUnwrap()];
  });
  return Object.fromEntries(references);
}
