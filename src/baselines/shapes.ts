import { SHAPES, type Shape } from '../event.ts';
import type { Principal } from './principal.ts';
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

/** Takes a statement's shape into the principal's (or group's) habits. */
export const learnShape = (state: State, shape: Shape | undefined): void => {
  if (shape !== undefined) state.u16[AT.shapes] = get(state.u16, AT.shapes) | bitOf(shape);
};

/** Whether it, or its group, has such statements: one about another object is no news of its own kind. */
export const isUsualShape = ({ state, group }: Principal, shape: Shape): boolean =>
  ((get(state.u16, AT.shapes) | (group === undefined ? 0 : get(group.state.u16, AT.shapes))) & bitOf(shape)) !== 0;

const bitOf = (shape: Shape): number => 1 << SHAPES.indexOf(shape);
