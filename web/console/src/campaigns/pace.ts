/** How many messages were finished at a moment, in milliseconds. */
export type Sample = { at: number; finished: number };

const WINDOW = 60_000;
const SHORTEST = 8_000;

/** Adds a sample and forgets those that are too old. A figure that went down begins a new measurement. */
export function taken(samples: Sample[], next: Sample): Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && next.at <= last.at) return samples;
  if (last !== undefined && next.finished < last.finished) return [next];
  return [...samples.filter((it) => next.at - it.at <= WINDOW), next];
}

/** Messages per second over the last minute; undefined until it was watched for long enough to say. */
export function perSecond(samples: Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < SHORTEST) return undefined;
  return ((last.finished - first.finished) * 1_000) / (last.at - first.at);
}
