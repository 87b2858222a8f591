import { expect } from '@playwright/test';
import createClient from 'openapi-fetch';

import type { components, paths } from '../../src/api/schema';
import { stack } from './stack';

/** The API, for what a test needs before the person whom it plays opens the console. */
export const api = createClient<paths>({
  baseUrl: stack.api,
  headers: { Authorization: `Bearer ${stack.key}` },
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

export async function done<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await request;
  expect(response.ok, JSON.stringify(error)).toBe(true);
  return data as T;
}

type Content = components['schemas']['Content'];

export const hello: Content = {
  email: { subject: 'Hello {{member.first_name}}', html: '<p>Hello {{member.first_name}}, this is a test.</p>' },
  sms: { text: 'Hello {{member.first_name}}' },
};

type Channel = components['schemas']['Channel'];

/** A draft with `people` receivers, who have an email address and a mobile number each. */
export async function draft(
  name: string,
  people: number,
  content: Content = hello,
  channels: Channel[] = ['email', 'sms'],
) {
  const campaign = await done(api.POST('/v1/campaigns', { body: { name, channels, content, default_region: 'DE' } }));
  for (let from = 0; from < people; from += 100) {
    const receivers = Array.from({ length: Math.min(100, people - from) }, (_, index) => person(name, from + index));
    await done(
      api.POST('/v1/campaigns/{campaign}/receivers', {
        params: { path: { campaign: campaign.id } },
        body: { receivers },
      }),
    );
  }
  return campaign;
}

/** The part of the addresses of a draft's receivers that they all end with. */
export function domainOf(name: string): string {
  return `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.example.com`;
}

/** The address of a receiver of a draft, who are counted from 1. */
export function emailOf(name: string, number: number): string {
  return `person${number}@${domainOf(name)}`;
}

function person(name: string, number: number) {
  return {
    first_name: `Person ${number + 1}`,
    last_name: 'Example',
    email: emailOf(name, number + 1),
    mobile: `+49151${String(10_000_000 + number)}`,
  };
}

/** A campaign as the API has it now. */
export async function campaignNow(campaign: string) {
  return done(api.GET('/v1/campaigns/{campaign}', { params: { path: { campaign } } }));
}

/** Publishes a draft and waits until it is completed. */
export async function send(campaign: string) {
  await publish(campaign);
  await expect.poll(async () => (await campaignNow(campaign)).status, { timeout: 90_000 }).toBe('completed');
}

export async function publish(campaign: string) {
  await done(
    api.POST('/v1/campaigns/{campaign}/publish', {
      params: { path: { campaign } },
      body: { accept_warnings: true },
    }),
  );
}
