import { elasticsearch } from './elasticsearch/sink.ts';
import { otlp } from './otlp.ts';
import type { Sink, SinkKind, SinkOptions } from './sink.ts';
import { splunk } from './splunk.ts';

/** Every sink: one file and one line here. */
export const SINKS: readonly SinkKind<unknown>[] = [elasticsearch, otlp, splunk];

/** A sink with its settings, not open yet. */
export interface ConfiguredSink {
  readonly id: string;
  readonly title: string;
  /** They hold secrets. */
  readonly settings: unknown;
  open(options: SinkOptions): Promise<Sink>;
}

/** Those that have settings in wayward.yaml, with absolute paths: relative ones start at its folder. */
export const configuredSinks = (file: Readonly<Record<string, unknown>>, folder: string): ConfiguredSink[] =>
  SINKS.flatMap((kind) => {
    const { id, title } = kind;
    const written = file[id];
    if (written === undefined) return [];
    const settings = kind.located?.(written, folder) ?? written;
    return [{ id, title, settings, open: (options: SinkOptions) => kind.open(settings, options) }];
  });
