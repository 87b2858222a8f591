import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useMemo, useSyncExternalStore } from 'react';

import { get, type Schemas } from '../../api';
import { DraftStore, type DraftView } from './DraftStore';

type Campaign = Schemas['Campaign'];

export type Draft = DraftView & Pick<DraftStore, 'edit' | 'flush' | 'resolve' | 'told' | 'discard' | 'adopt'>;

export function campaignQuery(campaign: string) {
  return get('/v1/campaigns/{campaign}', { params: { path: { campaign } } });
}

/** The one place where a draft is changed and saved. `campaign` is the newest answer of the API about it. */
export function useDraft(campaign: Campaign, tenant: string): Draft {
  const client = useQueryClient();
  const { id } = campaign;
  // The store begins with the first answer; later ones are handed to it below.
  // oxlint-disable-next-line react/exhaustive-deps
  const store = useMemo(() => new DraftStore(campaign, tenant), [id, tenant]);
  const view = useSyncExternalStore(store.subscribe, store.view);
  useEffect(() => store.start(), [store]);
  useEffect(() => store.adopt(campaign), [store, campaign]);
  useEffect(() => {
    client.setQueryData<Campaign>(campaignQuery(id).queryKey, (known) =>
      known === undefined || known.version < view.campaign.version ? view.campaign : known,
    );
  }, [client, id, view.campaign]);
  return useMemo(
    () => ({
      ...view,
      edit: store.edit,
      flush: store.flush,
      resolve: store.resolve,
      told: store.told,
      discard: store.discard,
      adopt: store.adopt,
    }),
    [view, store],
  );
}

type Composing = Draft & {
  /** The job that last switched a channel for all receivers. */
  switching: Schemas['Job'] | undefined;
  /** The warnings that the person has accepted. */
  accepted: string | undefined;
  accept: (warnings: string | undefined) => void;
};

const Composed = createContext<Composing | undefined>(undefined);

export const ComposedDraft = Composed.Provider;

/** The draft that is being composed, for the pages of the wizard. */
export function useComposed(): Composing {
  const draft = use(Composed);
  if (draft === undefined) throw new Error('This page belongs into the wizard.');
  return draft;
}
