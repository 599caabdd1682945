import { createHash } from 'node:crypto';
import { type AttributedUse, OTHERS, UNREGISTERED_AGENT } from '../attribution/attributed.ts';
import type { Found } from '../detectors/engine.ts';
import type { Alert } from './alert.ts';
import { grown, type Incident, noteAttribution } from './grown.ts';
import { happenedWith, type News, NO_NEWS } from './happened.ts';
import { loadedAlert, type StoredAlert, storedAlert } from './stored.ts';
import { judged, type Verdict } from './verdict.ts';

/** Event time without a new finding after which an incident is over, milliseconds. */
const QUIET = 2 * 3_600_000;
/** Unregistered identities that have an incident of their own at once; the others share one. */
const MOST_UNREGISTERED = 100;
/** Incidents that time has ended and that a finding on late records may still belong to; beyond it, that opens another alert. */
const MOST_OVER = 100;

type SavedIncident = Omit<Incident, 'alert'> & { readonly alert: StoredAlert };

export interface SavedIncidents {
  readonly open: readonly SavedIncident[];
  /** Absent in what earlier versions saved. */
  readonly over?: readonly SavedIncident[];
  readonly dropped: number;
}

/** Puts findings of one principal together: one incident is one alert, which grows until it has been quiet for two hours. */
export class Incidents {
  readonly #open = new Map<string, Incident>();
  readonly #changed: (alert: Alert) => void;
  /** Findings beyond what an alert holds. */
  dropped = 0;
  /** Those with findings on late records: they don't stand in order of the last finding. */
  readonly #late = new Set<string>();
  /** Ended by time, the last one last. */
  #over: Incident[] = [];
  /** The use in hand. */
  #at: AttributedUse | undefined;
  #news: () => News = () => NO_NEWS;
  /** Those of which more has happened than their alerts say. */
  readonly #behind = new Set<Incident>();
  /** Incidents that are open of unregistered identities, without the one that others share. */
  #unregistered = 0;

  /** `changed` gets every new revision, the last one included. */
  constructor(changed: (alert: Alert) => void) {
    this.#changed = changed;
  }

  get openAlerts(): readonly Alert[] {
    return [...this.#open.values()].map(current);
  }

  /** Whether uses are part of what happened anywhere. */
  get isAnyNoted(): boolean {
    return this.#open.size > 0 || this.#over.length > 0;
  }

  /** A use is about to be judged; `news` tells what of it was never seen, once it is. */
  begin(at: AttributedUse, news: () => News): void {
    this.#at = at;
    this.#news = news;
  }

  /** It has been judged: it is part of what happened while an incident of its principal is open. */
  note(): void {
    if (this.#at === undefined) return;
    const { lateMs, use, attribution } = this.#at;
    const { principal } = attribution;
    if (principal === undefined) return;
    const open = this.#open.get(principal);
    if (open !== undefined && isWithin(open, use.time)) {
      // What else is done after a finding may be surprising to nobody but a person.
      if (this.#noteIn(open, this.#at)) this.#toldMore(open);
      return;
    }
    const over = lateMs > 0 ? this.#overOf(principal, use.time) : undefined;
    if (over === undefined) return;
    this.#noteIn(over, this.#at);
    this.#behind.add(over);
  }

  /** Whether it is an action that was not part of it so far. */
  #noteIn(incident: Incident, at: AttributedUse): boolean {
    const { use } = at;
    if (incident.noted === use) return false;
    const before = incident.happened?.actions.length ?? 0;
    incident.noted = use;
    incident.happened = happenedWith(incident.happened, at, this.#news());
    return incident.happened.actions.length > before;
  }

  /** Another revision, since more has happened than the last one says. */
  #toldMore(incident: Incident): void {
    incident.alert = { ...current(incident), revision: incident.alert.revision + 1 };
    this.#changed(incident.alert);
  }

  add(found: Found): void {
    const { principal, finding, at } = found;
    const open = this.#open.get(principal);
    const lateMs = Math.max(at.lateMs, finding.lateMs ?? 0);
    const dated = lateMs > 0 ? { ...found, finding: { ...finding, lateMs } } : found;
    if (open && open.alert.start - finding.time > QUIET) {
      this.#growEarlier(dated);
      return;
    }
    if (open && finding.time - open.alert.end > QUIET) this.#end(principal, open);
    this.#grow(this.#hasRoom(found) ? dated : { ...dated, principal: OTHERS });
  }

  /** Another incident of a principal that has a later one. */
  #growEarlier(found: Found): void {
    const incident = this.#takeOver(found) ?? { alert: opened(found), young: found.young };
    this.#takeIn(incident, found);
    incident.alert = { ...incident.alert, state: 'over' };
    this.#keepOver(incident);
    this.#changed(incident.alert);
  }

  /** The incident that time has ended, although the finding belongs to it. */
  #takeOver({ principal, finding: { time } }: Found): Incident | undefined {
    const at = this.#over.findLastIndex(
      ({ alert }) => alert.principal === principal && time - alert.end <= QUIET && alert.start - time <= QUIET,
    );
    if (at < 0) return undefined;
    const [incident] = this.#over.splice(at, 1);
    if (incident !== undefined) this.#behind.delete(incident);
    return incident;
  }

  #keepOver(incident: Incident): void {
    this.#over.push(incident);
    if (this.#over.length > MOST_OVER) this.#over.shift();
  }

  /** Whoever invents identities must not make an alert of each. */
  #hasRoom({ principal, finding }: Found): boolean {
    if (!isUnregistered(principal) || this.#open.has(principal)) return true;
    if (this.#unregistered >= MOST_UNREGISTERED) this.advance(finding.time); // what is over takes no room, whenever it is ended
    return this.#unregistered < MOST_UNREGISTERED;
  }

  #grow(found: Found): void {
    const { principal, young } = found;
    const known = this.#open.get(principal);
    if (known === undefined && isUnregistered(principal)) this.#unregistered++;
    const incident = known ?? this.#takeOver(found) ?? { alert: opened(found), young };
    this.#takeIn(incident, found);
    if (found.finding.lateMs !== undefined) this.#late.add(principal);
    // Deleted first so that the map stays in order of the last finding: `advance` looks only at its head.
    this.#open.delete(principal);
    this.#open.set(principal, incident);
    this.#changed(incident.alert);
  }

  #takeIn(incident: Incident, found: Found): void {
    incident.young &&= found.young;
    const before = incident.alert.findingsDropped;
    noteAttribution(incident, found);
    if (found.at.use === this.#at?.use && found.principal === found.at.attribution.principal)
      this.#noteIn(incident, found.at);
    incident.alert = grown(incident, found);
    this.dropped += incident.alert.findingsDropped - before;
  }

  /** The incident that time has ended, although a use that comes late was part of it. */
  #overOf(principal: string, time: number): Incident | undefined {
    return this.#over.findLast((one) => one.alert.principal === principal && isWithin(one, time));
  }

  /** Ends what has been quiet at `time` (milliseconds since the epoch, the stream's own). */
  advance(time: number): void {
    for (const incident of this.#behind) this.#toldMore(incident);
    this.#behind.clear();
    for (const principal of this.#late) {
      const incident = this.#open.get(principal);
      if (incident && time - incident.alert.end > QUIET) this.#end(principal, incident);
    }
    for (const [principal, incident] of this.#open) {
      if (time - incident.alert.end <= QUIET) return;
      this.#end(principal, incident);
    }
  }

  /**
   * A person has given a verdict on this alert (absent where an earlier version handed on that one was given, and not which): the next
   * finding opens another one. False where its incident was over already.
   */
  close(id: string, verdict?: Verdict): boolean {
    for (const [principal, incident] of this.#open) {
      if (incident.alert.id !== id) continue;
      this.#letGo(principal);
      const alert = current(incident);
      this.#changed(verdict === undefined ? overNow(alert) : judged(alert, verdict));
      return true;
    }
    this.#over = this.#over.filter(({ alert }) => alert.id !== id);
    return false;
  }

  /** Time has ended it. */
  #end(principal: string, incident: Incident): void {
    const ended = overNow(current(incident));
    this.#letGo(principal);
    this.#keepOver({ ...incident, alert: ended });
    this.#changed(ended);
  }

  #letGo(principal: string): void {
    this.#open.delete(principal);
    this.#late.delete(principal);
    if (isUnregistered(principal)) this.#unregistered--;
  }

  save(): SavedIncidents {
    return { open: [...this.#open.values()].map(saved), over: this.#over.map(saved), dropped: this.dropped };
  }

  load({ open, over = [], dropped }: SavedIncidents): void {
    this.#open.clear();
    this.#late.clear();
    this.#unregistered = 0;
    this.dropped = dropped;
    this.#over = over.map(loaded);
    this.#behind.clear();
    for (const incident of this.#over)
      if (incident.happened?.uses !== incident.alert.happened?.uses) this.#behind.add(incident);
    for (const incident of open.map(loaded)) {
      const { principal, lateMs } = incident.alert;
      if (isUnregistered(principal)) this.#unregistered++;
      if (lateMs !== undefined) this.#late.add(principal);
      this.#open.set(principal, incident);
    }
  }
}

/** Time ends it where it has been quiet, whenever that is looked at. */
const isWithin = ({ alert }: Incident, time: number): boolean =>
  time - alert.end <= QUIET && time >= Math.min(alert.start, alert.openedAt);

/** With all that has happened by now. */
const current = ({ alert, happened }: Incident): Alert => (happened === undefined ? alert : { ...alert, happened });

const overNow = (alert: Alert): Alert => ({ ...alert, state: 'over', revision: alert.revision + 1 });

const saved = ({ noted: _, ...incident }: Incident): SavedIncident => ({
  ...incident,
  alert: storedAlert(incident.alert),
});

const loaded = (incident: SavedIncident): Incident => {
  const alert = loadedAlert(incident.alert);
  // Earlier versions made no difference: what they found counts as before.
  const proven = incident.declared === undefined ? alert.attribution : incident.proven;
  return { ...incident, alert, ...(proven !== undefined && { proven }) };
};

const isUnregistered = (principal: string): boolean =>
  principal.startsWith(`${UNREGISTERED_AGENT}/`) && principal !== OTHERS;

const slotOf = ({ at, principal }: Found): string =>
  at.attribution.credential?.slot ?? principal.slice(principal.indexOf('/') + 1);

/** `event.id` of the alert: it names what opened it, and never changes as the alert grows. */
const alertId = (found: Found): string => {
  const { at, finding } = found;
  const parts = [at.attribution.credential?.agent ?? '', slotOf(found), finding.detector, at.id()];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
};

const opened = (found: Found): Alert => {
  const { at, finding, principal } = found;
  const { credential, method, confidence } = at.attribution;
  return {
    id: alertId(found),
    revision: 0,
    state: 'running',
    principal,
    ...(credential === undefined ? {} : { agent: credential.agent, peerGroup: credential.peerGroup }),
    slot: slotOf(found),
    credentials: [],
    attribution: { method, confidence },
    severity: 'low',
    severityHistory: [],
    bits: 0,
    riskScore: 0,
    openedAt: finding.time,
    start: at.use.time,
    end: finding.time,
    title: '',
    reason: '',
    findings: [],
    findingsDropped: 0,
    related: { ip: [], user: [], actions: [], datasets: [] },
  };
};
