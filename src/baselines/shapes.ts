import { AT, get, type State } from './state.ts';

/** Days in which the shapes of statements that a principal uses are learned in silence: its first ones, and those after an upgrade. */
const LEARNING_DAYS = 3;

/** Notes since when they are learned. */
export const noteShapes = (state: State, day: number): void => {
  if (get(state.u16, AT.shapesSince) === 0) state.u16[AT.shapesSince] = day;
};

/** Whether it has been seen for long enough to say that a shape is new. */
export const areShapesKnown = (state: State, day: number): boolean =>
  day - get(state.u16, AT.shapesSince) >= LEARNING_DAYS;
