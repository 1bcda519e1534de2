/**
 * Takes the place of the SDK's default chain of credential providers when a function is bundled. Lambda hands credentials
 * over in the environment and nowhere else; the chain's clients for SSO, STS and metadata would be a third of the bundle,
 * loaded at each cold start and never used.
 */
import { fromEnv } from '@aws-sdk/credential-provider-env';

export const defaultProvider = fromEnv;
