import { Names } from '../../src/baselines/names.ts';

/** The fingerprint key of all processes of a cluster. */
export const FINGERPRINT_KEY = 'a key that every process of this test knows';

/** As those processes name things: their baselines can be compared byte for byte. */
export const NAMES = new Names(Buffer.from(FINGERPRINT_KEY));
