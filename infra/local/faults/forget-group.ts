/** Deletes what a consumer group without members has committed, as an expiry of offsets would. */
import { Admin } from '@platformatic/kafka';

const ATTEMPTS = 10;

/** Whether it is forgotten; not while a member that was killed is still waited for, or the broker is away. */
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
