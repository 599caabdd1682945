import { type Answer, knock, message, repeat, type StartUp, saslFirst, whileFull, wrongPassword } from './packets.ts';
import { PATIENT, type PostgresAttack, type PostgresPlace } from './place.ts';

/** Point 2: a stranger claims the victim's role, and never gets through authentication. */

const FEW = 20;
const MANY = 1_000;

const claimOf = (role: string): StartUp => ({ user: role, database: 'appdb', application_name: 'billing-agent/1.9.0' });

/** Says this to the request for SCRAM, so many times; the server must refuse with this SQLSTATE. */
const saying = (attack: string, state: string, answers: () => ReturnType<typeof wrongPassword>, times = FEW) => ({
  ...({ attack, point: 2, attacker: 'nothing' } as const),
  async run({ port }: PostgresPlace, role: string) {
    return sum(await repeat(times, () => knock(port, claimOf(role), answers())), state);
  },
});

/** How many were refused so; all must be. */
function sum(outcomes: ReadonlyMap<string, number>, ...states: readonly string[]): number {
  const other = [...outcomes.keys()].filter((state) => !states.includes(state));
  if (other.length > 0) throw new Error(`refused with ${other.join(', ')} instead of ${states.join(', ')}`);
  return [...outcomes.values()].reduce((total, count) => total + count, 0);
}

const anotherMessage: Answer = () => message('Q', Buffer.from('SELECT 1\0'));

const MISSTEPS = [
  () => [anotherMessage],
  () => [() => saslFirst('n,,m=ext,n=,r=x')],
  () => [() => saslFirst('no SCRAM at all')],
  wrongPassword,
];

export const CLAIMS: readonly PostgresAttack[] = [
  { ...saying('wrong password', '28P01', wrongPassword, MANY), heldBefore: 'the SQLSTATE said that it was a login' },
  saying('another message instead of the SASL answer', '08P01', () => [anotherMessage]),
  saying('malformed SCRAM message', '08P01', () => [() => saslFirst('no SCRAM at all')]),
  saying('SASL mechanism that the server did not offer', '08P01', () => [() => saslFirst('n,,n=,r=x', 'PLAIN')]),
  saying('SCRAM extension that the server does not know', '0A000', () => [() => saslFirst('n,,m=ext,n=,r=x')]),
  saying('SCRAM on behalf of another identity', '0A000', () => [() => saslFirst('n,a=super,n=,r=x')]),
  {
    ...{ attack: 'silence until authentication_timeout', point: 2, attacker: 'nothing' },
    async run({ port, change }, role) {
      await change('authentication_timeout', '1s');
      try {
        // The server logs 57014 and hangs up without a word.
        return sum(await repeat(8, () => knock(port, claimOf(role))), '');
      } finally {
        await change('authentication_timeout', PATIENT);
      }
    },
  },
  {
    ...{ attack: 'more clients than the server takes', point: 2, attacker: 'nothing' },
    async run(place, role) {
      await whileFull(place, claimOf(role), FEW, () => knock(place.port, claimOf(role), [anotherMessage]));
      return FEW;
    },
  },
  {
    ...{ attack: 'replication without an hba entry', point: 2, attacker: 'nothing' },
    heldBefore: 'the SQLSTATE said that it was a login',
    run: async ({ port }, role) =>
      sum(await repeat(FEW, () => knock(port, { ...claimOf(role), replication: 'true' })), '28000'),
  },
  {
    ...{ attack: 'a flood of all of these', point: 2, attacker: 'nothing' },
    async run({ port }, role) {
      const outcomes = await repeat(MANY, (at) => knock(port, claimOf(role), MISSTEPS[at % MISSTEPS.length]?.() ?? []));
      return sum(outcomes, '08P01', '0A000', '28P01');
    },
  },
];
