import type { QueryClient } from '@tanstack/react-query';
import { useMemo, useSyncExternalStore } from 'react';

import { api, asProblem, call, Problem, type Schemas } from '../api';
import { campaignQuery } from '../compose/draft/useDraft';
import { rememberFile } from './knownFiles';

/** A file on its way into a campaign. It goes on while the person is on another page of the console. */
export type Upload = {
  key: string;
  campaign: string;
  file: File;
  options: Omit<Schemas['CreateImport'], 'bytes'>;
  /** The share of the file that has arrived, 0 to 1. */
  share: number;
  problem: Problem | undefined;
};

let uploads: readonly Upload[] = [];
const listeners = new Set<() => void>();

function set(changed: readonly Upload[]) {
  uploads = changed;
  if (uploads.some((it) => it.problem === undefined)) addEventListener('beforeunload', warn);
  else removeEventListener('beforeunload', warn);
  for (const listener of listeners) listener();
}

/** The one thing that closing the tab would lose. */
function warn(event: BeforeUnloadEvent) {
  event.preventDefault();
}

function change(key: string, changed: Partial<Upload>) {
  set(uploads.map((it) => (it.key === key ? { ...it, ...changed } : it)));
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useUploads(campaign: string): Upload[] {
  const all = useSyncExternalStore(subscribe, () => uploads);
  return useMemo(() => all.filter((it) => it.campaign === campaign), [all, campaign]);
}

export function removeUpload(key: string) {
  set(uploads.filter((it) => it.key !== key));
}

/** Brings a file into a campaign: declares it, uploads it where the API says, and has its rows added. */
export async function upload(client: QueryClient, campaign: string, file: File, options: Upload['options']) {
  const key = crypto.randomUUID();
  set([...uploads, { key, campaign, file, options, share: 0, problem: undefined }]);
  try {
    const created = await call(api.POST('/v1/imports', { body: { ...options, bytes: file.size } }));
    await put(created.upload, file, (share) => change(key, { share }));
    await call(
      api.POST('/v1/campaigns/{campaign}/receivers', {
        params: { path: { campaign } },
        body: { import: created.id },
      }),
    );
    rememberFile({ import: created.id, campaign, name: file.name });
    removeUpload(key);
    await refreshReceivers(client, campaign);
  } catch (error) {
    change(key, { problem: asProblem(error) });
  }
}

/** How long the number of receivers may take to follow: it is counted from the table's stream. In milliseconds. */
const COUNTED = [1_500, 4_000];

/** Reads a campaign again when its receivers are counted. */
function readWhenCounted(client: QueryClient, campaign: string) {
  for (const delay of COUNTED)
    setTimeout(() => void client.invalidateQueries({ queryKey: campaignQuery(campaign).queryKey }), delay);
}

/** Reads the number of receivers of a campaign anew. */
export function refreshCount(client: QueryClient, campaign: string) {
  void client.invalidateQueries({ queryKey: campaignQuery(campaign).queryKey });
  readWhenCounted(client, campaign);
}

/** Reads anew what depends on who is in a campaign. */
export async function refreshReceivers(client: QueryClient, campaign: string) {
  readWhenCounted(client, campaign);
  await Promise.all([client.invalidateQueries({ queryKey: ['/v1/jobs'] }), refreshSwitches(client, campaign)]);
}

/** Reads a campaign and its receivers anew. */
export async function refreshSwitches(client: QueryClient, campaign: string) {
  const asks = (init: unknown) =>
    (init as { params?: { path?: { campaign?: string } } } | undefined)?.params?.path?.campaign === campaign;
  await client.invalidateQueries({
    predicate: ({ queryKey: [path, ...inits] }) =>
      typeof path === 'string' &&
      ['/v1/campaigns/{campaign}', '/v1/campaigns/{campaign}/receivers'].includes(path) &&
      inits.some(asks),
  });
}

/** `fetch` does not tell how much of a body was sent. */
function put(target: Schemas['Upload'], file: File, onShare: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(target.method, target.url);
    for (const [name, value] of Object.entries(target.headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', (event) => onShare(event.loaded / Math.max(1, file.size)));
    request.addEventListener('load', () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(refusal(request.status));
    });
    request.addEventListener('error', () => reject(Problem.network(undefined)));
    request.addEventListener('abort', () => reject(Problem.network(undefined)));
    request.send(file);
  });
}

/** The storage answers in XML that is not for people. */
function refusal(status: number): Problem {
  return new Problem(
    status,
    'upload-refused',
    'The file was not accepted',
    'It may have changed since it was chosen, or the upload took longer than an hour. Choose it again.',
    {},
    undefined,
  );
}
