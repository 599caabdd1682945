import { isIP } from 'node:net';

/** The version of the Elastic Common Schema that documents follow. */
export const ECS_VERSION = '9.0.0';

/** ECS `event.category` of the modules whose systems are not called over HTTP. */
const CATEGORIES: ReadonlyMap<string, 'database' | 'iam'> = new Map([
  ['postgresql', 'database'],
  ['mysql', 'database'],
  ['mariadb', 'database'],
  ['vault', 'iam'],
  ['aws', 'iam'],
]);

/** `event.category` of what is seen in a dataset (`module.name`): a database, an issuer of credentials, else an API. */
export const categoryOf = (dataset: string): 'database' | 'iam' | 'api' =>
  CATEGORIES.get(dataset.split('.')[0] ?? '') ?? 'api';

/** Whether ECS fields of type `ip` take it: an address without zone; Elasticsearch refuses a whole document for another value. */
export const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');
