const LENGTH = 16_384;
const filled = (piece: string): string => piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH);
const numbered = (write: (n: number) => string): string => {
  let text = '';
  for (let n = 1000; text.length < LENGTH; n++) text += write(n);
  return text.slice(0, LENGTH);
};

/** Texts made to cost as much as they can: many secrets, or much that nearly is one. */
export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  'many JSON Web Tokens': numbered((n) => `eyJhbGciOiJ${n}.eyJzdWIiOiJ${n}.sig${n} `),
  'many parameters': numbered((n) => `token=${n}abc&`),
  'many Bearer headers': numbered((n) => `Bearer abcdef${n} `),
  'many tokens of GitHub': numbered((n) => `ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6${n} `),
  'many cookies': `Cookie: ${numbered((n) => `session${n}=abcdef${n}; `)}`,
  'many addresses': numbered((n) => `https://u:pw${n}@h/ `),
  'many flags': numbered((n) => `--password x${n} `),
  'many keys of AWS': numbered((n) => `wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAM${n} `),
  'many in base64': numbered((n) => `${Buffer.from(`the password=abc${n} of an agent`).toString('base64')} `),
  'many literals': numbered((n) => `PASSWORD 'x${n}' `),
  'beginnings of JSON Web Tokens': filled('eyJ'),
  'beginnings with points': filled('eyJ.'),
  'beginnings of keys': filled('sk-'),
  'beginnings of all issuers': filled('ghp_glpat-xoxb-sk_live_pypi-npm_hvs.SG.AIza'),
  'private keys': filled('-----BEGIN '),
  'addresses that never end': filled('://a:'),
  'addresses of one user': filled('://a:b@'),
  names: filled('password='),
  'names without a value': filled('password '),
  'names that go on': filled('a'),
  tags: filled('<password>'),
  'tags that go on': filled('<a '),
  quotes: filled('\\"'),
  'quotes of CSV': `password=${filled('""')}`,
  'percent signs': filled('%25'),
  'percent signs of percent signs': filled('%252525252525'),
  'an encoded text': filled('%70%61%73%73%77%6f%72%64%3d%78%26'),
  'Unicode escapes': filled('\\u0070'),
  entities: filled('&#112;'),
  slashes: filled('/a'),
  curl: filled('curl '),
  mysql: filled('mysql '),
  dashes: filled('-a '),
  dollars: filled('password $a$ '),
  'a line of a log': filled(
    '10.1.0.5 - - [02/Nov/2026:10:00:00 +0000] "GET /v1/orders/1?fields=name&page=2 HTTP/1.1" 200 571 ',
  ),
};
