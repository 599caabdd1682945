/** Kinds of actions of a credential that are told apart; what others do is the same for all. */
const MOST_ACTIONS = 48;
/** Addresses and clients that are named. */
const MOST_PLACES = 3;

/** What logs tell of one credential, in constant memory. */
export class CredentialUsage {
  uses = 0;
  /** Event times, milliseconds. */
  first = Number.POSITIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;
  readonly actions = new Map<string, number>();
  readonly addresses = new Set<string>();
  readonly clients = new Set<string>();
  readonly systems = new Set<string>();
  /** Every proof of it was only the operator's word for a field of the log. */
  isDeclared = true;

  note(use: NotedUse): void {
    this.uses += use.uses;
    this.first = Math.min(this.first, use.time);
    this.last = Math.max(this.last, use.time);
    if (use.proof.state === 'verified') this.isDeclared = false;
    const count = this.actions.get(use.action);
    if (count !== undefined || this.actions.size < MOST_ACTIONS) this.actions.set(use.action, (count ?? 0) + 1);
    addSome(this.addresses, use.sourceIp);
    addSome(this.clients, use.client);
    addSome(this.systems, use.dataset.split('.')[0]);
  }
}

interface NotedUse {
  readonly uses: number;
  readonly time: number;
  readonly action: string;
  readonly dataset: string;
  readonly sourceIp: string | undefined;
  readonly client: string | undefined;
  readonly proof: { readonly state: string };
}

const addSome = (set: Set<string>, value: string | undefined): void => {
  if (value !== undefined && set.size < MOST_PLACES) set.add(value);
};
