/** What would be told if incidents were medium from this measured surprise on. */
export interface CurvePoint {
  /** Bits. */
  readonly surprise: number;
  /** Incidents that nobody confirmed, per 1,000 principal-days. */
  readonly rate: number;
  /** Of those that somebody confirmed, how many would be told. */
  readonly confirmed: number;
}

export interface SurprisingIncident {
  readonly surprise: number;
  readonly isConfirmed: boolean;
}

const FROM = 4;
const TO = 16;
const EVERY = 0.5;

export const curveOf = (incidents: readonly SurprisingIncident[], principalDays: number): CurvePoint[] =>
  Array.from({ length: (TO - FROM) / EVERY + 1 }, (_, index) => {
    const surprise = FROM + index * EVERY;
    const told = incidents.filter((incident) => incident.surprise >= surprise);
    const confirmed = told.filter(({ isConfirmed }) => isConfirmed).length;
    const rate = principalDays === 0 ? 0 : ((told.length - confirmed) * 1_000) / principalDays;
    return { surprise, rate, confirmed };
  });
