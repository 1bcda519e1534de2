/** Deletes the committed offsets of a consumer group without members, as an expiry of offsets would. */
import { Admin } from '@platformatic/kafka';

const ATTEMPTS = 10;

/** Returns whether the group was deleted; it is not while the broker still waits for a killed member, or does not answer. */
export async function forgetGroup(bootstrap: readonly string[], groupId: string): Promise<boolean> {
  const admin = new Admin({
    clientId: 'clickledger-prove',
    bootstrapBrokers: [...bootstrap],
    retries: ATTEMPTS,
    retryDelay: 500,
  });
  try {
    await admin.deleteGroups({ groups: [groupId] });
    return true;
  } catch {
    return false;
  } finally {
    await admin.close().catch(() => {});
  }
}
