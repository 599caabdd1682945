import { SecretError, type SecretProvider } from '../secret-provider.ts';

/** `secret://env/NAME`: other processes of the same user can read an environment, so it comes with a warning. */
export const envProvider: SecretProvider = {
  example: 'secret://env/NAME',
  async fetch(name, { env, warn }) {
    const value = env[name];
    if (value === undefined || value === '') {
      throw new SecretError(
        `refers to the environment variable ${name}, which is not set; set it, or use secret://file/PATH`,
      );
    }
    warn(`secret://env/${name}: other processes of this user can read an environment; secret://file/PATH is safer`);
    return value;
  },
};
