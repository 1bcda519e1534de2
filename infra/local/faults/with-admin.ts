/** Runs one piece of work with a new admin client. It retries for long, because the broker is away at times. */
import { Admin } from '@platformatic/kafka';

export async function useAdmin(
  kafka: readonly string[],
  work: (admin: Admin) => Promise<unknown>,
): Promise<void> {
  const admin = new Admin({ clientId: 'clickledger-prove', bootstrapBrokers: [...kafka], retries: 10 });
  try {
    await work(admin);
  } finally {
    await admin.close();
  }
}
