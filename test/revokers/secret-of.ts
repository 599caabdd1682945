import { Secret } from '../../src/config/secrets.ts';

/** A secret that has been fetched already. */
export async function secretOf(value: string): Promise<Secret> {
  const secret = new Secret('secret://env/TEST_SECRET');
  await secret.resolve({ folder: '/', env: { TEST_SECRET: value }, warn: () => {} });
  return secret;
}
