import { expect, test as base } from '@playwright/test';

import { stack } from './stack';

/** A call that the simulator of the providers received. */
type Call = {
  id: number;
  provider: string;
  accepted: boolean;
  recipients: string[];
  message: { subject?: string; text?: string | null; html?: string | null } | null;
};

/** A fault of a provider, for the addresses that end with `address_suffix`, so that no other test meets it. */
type Fault = { kind: 'slow' | 'drop_after' | 'reject' | 'throttle'; address_suffix: string; milliseconds?: number };

type Filter = { contains?: string; to?: string; provider?: string; after?: number };

/** The providers, which the local stack simulates. */
export class Provider {
  #faults: number[] = [];

  /** Makes calls go wrong until `mend`, or until the test is over. */
  async fail(fault: Fault) {
    const { id } = (await this.#ask('POST', 'faults', fault)) as { id: number };
    this.#faults.push(id);
  }

  async mend() {
    await Promise.all(this.#faults.map((id) => this.#ask('DELETE', `faults/${id}`)));
    this.#faults = [];
  }

  /** The messages that were accepted. */
  async accepted(filter: Filter): Promise<Call[]> {
    const query = new URLSearchParams({ accepted: 'true', limit: '10000' });
    for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
    const { calls, matched } = (await this.#ask('GET', `calls?${query.toString()}`)) as {
      calls: Call[];
      matched: number;
    };
    expect(calls, 'more calls than the simulator lists').toHaveLength(matched);
    return calls;
  }

  /** The addresses of the accepted messages, in order; who got two is there twice. */
  async addresses(filter: Filter): Promise<string[]> {
    return (await this.accepted(filter)).flatMap((it) => it.recipients).toSorted();
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${stack.simulator.replace(/\/$/, '')}/_simulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true);
    return answer.status === 204 ? undefined : answer.json();
  }
}

/** Tests that look at the providers. What a test does to them ends with it. */
export const test = base.extend<{ provider: Provider }>({
  // Playwright reads the names of the fixtures that this one needs from the pattern.
  // oxlint-disable-next-line no-empty-pattern
  provider: async ({}, hand) => {
    const provider = new Provider();
    await hand(provider);
    await provider.mend();
  },
});

export { expect };
