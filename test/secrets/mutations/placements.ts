/** Where a secret stands: what is around it in the text. `named`: found by that, whatever the secret looks like. */
export interface Placement {
  readonly isNamed: boolean;
  readonly around: (secret: string) => string;
}

const named = (around: (secret: string) => string): Placement => ({ isNamed: true, around });
const bare = (around: (secret: string) => string): Placement => ({ isNamed: false, around });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const PLACEMENTS: Readonly<Record<string, Placement>> = {
  'a parameter': named((secret) => `a=1&access_token=${secret}&b=2`),
  'a parameter with a prefix': named((secret) => `x_db_password=${secret}`),
  'a nested parameter': named((secret) => `user[password]=${secret}&user[name]=a`),
  'an address in an address': named((secret) => `next=https://h.example/cb?client_secret=${secret}`),
  'a fragment': named((secret) => `https://h.example/cb#id_token=${secret}`),
  'a JSON object': named((secret) => `{"user":"a","apiKey":"${secret}","n":1}`),
  'a list of headers': named((secret) => `[{"name":"X-Api-Key","value":"${secret}"}]`),
  'a header': named((secret) => `X-Vault-Token: ${secret}`),
  'a Bearer header': named((secret) => `Authorization: Bearer ${secret}`),
  'a Basic header': named((secret) => `Authorization: Basic ${base64(`user:${secret}`)}`),
  'the second cookie': named((secret) => `Cookie: theme=dark; JSESSIONID=${secret}; lang=en`),
  'a flag': named((secret) => `tool run --password ${secret} --verbose`),
  'a variable': named((secret) => `env PGPASSWORD=${secret} psql`),
  YAML: named((secret) => `db:\n  user: a\n  password: ${secret}\n`),
  XML: named((secret) => `<login><user>a</user><password>${secret}</password></login>`),
  'a connection string': named((secret) => `host=h dbname=d password=${secret} sslmode=require`),
  'a part of a form': named((secret) => `Content-Disposition: form-data; name="password"\r\n\r\n${secret}\r\n--b`),
  'a path': bare((secret) => `/v1/hooks/${secret}/fire`),
  'a sentence': bare((secret) => `agent-a/1.0 (key ${secret}; linux)`),
  brackets: bare((secret) => `[${secret}], (${secret})`),
  base64: bare((secret) => `data ${base64(`the key is ${secret} of agent-a`)}`),
};

export const LITERAL = 'a literal';

/** In SQL alone. */
export const SQL_PLACEMENTS: Readonly<Record<string, Placement>> = {
  'a role': named((secret) => `ALTER ROLE a WITH PASSWORD '${secret}'`),
  'a role, dollar-quoted': named((secret) => `CREATE ROLE a LOGIN PASSWORD $x$${secret}$x$`),
  [LITERAL]: named((secret) => `SELECT * FROM t WHERE k = '${secret}'`),
  'a connection': named((secret) => `SELECT dblink('host=h password=${secret}')`),
  'a name': bare((secret) => `SELECT 1 AS "${secret}" FROM t`),
  'a comment': bare((secret) => `SELECT 1 /* ${secret} */ FROM t`),
};
